import { isPhaseId, PHASE_IDS } from '../model/phases.ts'
import type { Filter } from '../store/contract.ts'
import { QueryFault } from './fault.ts'

function fault(name: string, text: string, wanted: string): QueryFault {
  return new QueryFault(400, 'bad_parameter', `${name}=${text.slice(0, 100)}: ${wanted}`)
}

/** A text if the parameter is there and not empty. */
function text(params: URLSearchParams, name: string): string | undefined {
  const value = params.get(name)?.trim()
  return value === undefined || value === '' ? undefined : value
}

function parsed<T>(params: URLSearchParams, name: string, wanted: string, parse: (text: string) => T | undefined): T | undefined {
  const value = text(params, name)
  if (value === undefined) return undefined
  const result = parse(value)
  if (result === undefined) throw fault(name, value, wanted)
  return result
}

/** Milliseconds, fractions too, as nanoseconds. */
function millis(value: string): bigint | undefined {
  const ms = Number(value)
  return Number.isFinite(ms) && ms >= 0 && ms < 1e12 ? BigInt(Math.round(ms * 1e6)) : undefined
}

function nanos(value: string): bigint | undefined {
  return /^\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

function whole(value: string): number | undefined {
  return /^\d{1,4}$/.test(value) && Number(value) > 0 ? Number(value) : undefined
}

/** `name=value`, as often as needed: what each of these attributes has to be, as text. */
function attributes(params: URLSearchParams): Record<string, string> | undefined {
  const pairs = params.getAll('attribute').map((pair): [string, string] => {
    const cut = pair.indexOf('=')
    if (cut < 1) throw fault('attribute', pair, 'a name and its value, http.request.method=GET')
    return [pair.slice(0, cut), pair.slice(cut + 1)]
  })
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

/** Only what is given: the store's contract tells "left out" from "undefined". */
function given(all: { [K in keyof Filter]: Filter[K] | undefined }): Filter {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/**
 * The query of a list: what narrows it. Unknown parameters are ignored, wrong ones are a fault that says what is wanted.
 * @param params `service`, `operation`, `route`, `status` (`404` or `5xx`), `phase`, `middleware`, `minMs`, `maxMs`, `error`, `inFlight`,
 * `skew`, `orphans`, `attribute` (`name=value`, any number), `from`, `to`, `q`, `limit`, `cursor`
 */
export function listQuery(params: URLSearchParams): Filter {
  const status = parsed(params, 'status', 'a status code such as 404, or a class such as 5xx', (value) =>
    /^[1-5](\d\d|xx)$/.test(value) ? value : undefined,
  )
  return given({
    service: text(params, 'service'),
    operation: text(params, 'operation'),
    route: text(params, 'route'),
    phase: parsed(params, 'phase', `one of ${PHASE_IDS.join(', ')}`, (value) => (isPhaseId(value) ? value : undefined)),
    middleware: text(params, 'middleware'),
    status: status === undefined || status.endsWith('xx') ? undefined : Number(status),
    statusClass: status?.endsWith('xx') === true ? Number(status[0]) : undefined,
    minDurationNs: parsed(params, 'minMs', 'a number of milliseconds', millis),
    maxDurationNs: parsed(params, 'maxMs', 'a number of milliseconds', millis),
    error: text(params, 'error') === '1' ? true : undefined,
    inFlight: text(params, 'inFlight') === '1' ? true : undefined,
    skew: text(params, 'skew') === '1' ? true : undefined,
    orphans: text(params, 'orphans') === '1' ? true : undefined,
    attributes: attributes(params),
    from: parsed(params, 'from', 'nanoseconds since the epoch', nanos),
    to: parsed(params, 'to', 'nanoseconds since the epoch', nanos),
    text: text(params, 'q'),
    limit: parsed(params, 'limit', 'a number from 1 to 1500', (value) => {
      const limit = whole(value)
      return limit !== undefined && limit <= 1500 ? limit : undefined
    }),
    cursor: text(params, 'cursor'),
  })
}
