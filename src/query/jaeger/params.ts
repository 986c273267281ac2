import { JaegerFault } from './fault.ts'
import type { Filter } from '../../store/contract.ts'

/** Nanoseconds in each unit of Go's `time.ParseDuration`. */
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** A duration in Go's notation, `1.5s`, `1h30m`, as nanoseconds; undefined if it is none. */
export function goDuration(text: string): bigint | undefined {
  if (text === '0') return 0n
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  const parts = [...text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)]
  const ns = parts.reduce((sum, [, figure, unit]) => sum + Number(figure) * (UNITS[unit as string] as number), 0)
  return BigInt(Math.round(text.startsWith('-') ? -ns : ns))
}

/**
 * A time of RFC 3339 as nanoseconds since the epoch; undefined if it is none. Grafana does not encode the `+` of an offset, which
 * then arrives as a blank.
 */
export function rfc3339(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+\- ]\d\d:\d\d)$/.exec(text)
  if (match === null) return undefined
  const [, whole, fraction = '', zone] = match as unknown as [string, string, string | undefined, string]
  const ms = Date.parse(`${whole}${zone.replace(' ', '+')}`.toUpperCase())
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** What Go's `strconv.ParseBool` takes. */
export function goBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : undefined
}

/** A parameter that may be left out or empty. @throws JaegerFault 400 if it does not parse */
export function optional<T>(params: URLSearchParams, name: string, parse: (text: string) => T | undefined): T | undefined {
  const text = params.get(name)
  if (text === null || text === '') return undefined
  return parsed(name, text, parse)
}

function parsed<T>(name: string, text: string, parse: (text: string) => T | undefined): T {
  const value = parse(text)
  if (value === undefined) throw new JaegerFault(400, `unable to parse param '${name}': ${JSON.stringify(text.slice(0, 100))}`)
  return value
}

/** A whole number above zero. */
function positive(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}

/** Microseconds since the epoch as nanoseconds. */
function micros(text: string): bigint | undefined {
  return /^\d{1,16}$/.test(text) ? BigInt(text) * 1000n : undefined
}

/** Attributes to look for, from a JSON object of texts. */
function tagsObject(text: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const isText = Object.values(value).every((one) => typeof one === 'string')
    return isText ? (value as Record<string, string>) : undefined
  } catch {
    return undefined
  }
}

/** What Jaeger calls in a search what it calls otherwise in a span. */
const ALIASES: Readonly<Record<string, string>> = {
  'scope.name': 'otel.scope.name',
  'scope.version': 'otel.scope.version',
  'span.status': 'otel.status_code',
}
const IN_CAPITALS = 'otel.status_code'
const IN_SMALL_LETTERS = 'span.kind'

/**
 * Attributes as a part of a filter. `error` is no attribute but Jaeger's word for a failed span.
 * @param attributes by name, each as the text of its value
 */
function byAttributes({ error, ...attributes }: Record<string, string>): Filter {
  const failed: Filter = error === 'true' ? { failed: true } : error === 'false' ? { error: false } : {}
  const wanted = Object.entries(attributes).map(([name, value]): [string, string] => {
    const key = Object.hasOwn(ALIASES, name) ? (ALIASES[name] as string) : name
    return [key, key === IN_CAPITALS ? value.toUpperCase() : key === IN_SMALL_LETTERS ? value.toLowerCase() : value]
  })
  return wanted.length === 0 ? failed : { ...failed, attributes: Object.fromEntries(wanted) }
}

/** A filter without what is undefined: the contract tells "left out" from "undefined". */
function given(all: { [K in keyof Filter]: Filter[K] | undefined }): Filter {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** To Jaeger none is as long as zero. */
function durations(least: bigint | undefined, most: bigint | undefined): { [K in keyof Filter]: Filter[K] | undefined } {
  return { minDurationNs: least || undefined, maxDurationNs: most || undefined }
}

/** The most that the store gives in one page. */
const MOST = 1500

/** What `GET /api/traces` asks for: `service`, `operation`, `start`, `end` (µs), `minDuration`, `maxDuration`, `limit`, `tags`, `tag`. */
export function findV1(params: URLSearchParams): Filter {
  const service = params.get('service') ?? ''
  if (service === '') throw new JaegerFault(400, "parameter 'service' is required")
  const tags: Record<string, string> = {}
  for (const pair of params.getAll('tag')) {
    const cut = pair.indexOf(':')
    if (cut < 1) throw new JaegerFault(400, `malformed 'tag' parameter, expecting key:value, received: ${pair.slice(0, 100)}`)
    tags[pair.slice(0, cut)] = pair.slice(cut + 1)
  }
  for (const one of params.getAll('tags')) Object.assign(tags, parsed('tags', one, tagsObject))
  const minDurationNs = optional(params, 'minDuration', goDuration)
  const maxDurationNs = optional(params, 'maxDuration', goDuration)
  if (minDurationNs && maxDurationNs && maxDurationNs < minDurationNs)
    throw new JaegerFault(400, "'maxDuration' should be greater than 'minDuration'")
  return given({
    service,
    operation: params.get('operation') || undefined,
    from: optional(params, 'start', micros),
    to: optional(params, 'end', micros),
    ...durations(minDurationNs, maxDurationNs),
    limit: Math.min(MOST, optional(params, 'limit', positive) ?? 100),
    ...byAttributes(tags),
  })
}

/** A parameter of v3: in proto3's JSON form, as Jaeger's page has asked since 2.19, else by the field's own name, as it did before. */
function v3Name(params: URLSearchParams, name: string): string {
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return params.get(name) ? name : snake
}

/** A text parameter of v3. @param name in its JSON form */
export const textV3 = (params: URLSearchParams, name: string): string | null => params.get(v3Name(params, name))

/** What `GET /api/v3/traces` asks for: `query.serviceName`, `query.startTimeMin`, … or `query.service_name`, … */
export function findV3(params: URLSearchParams): Filter {
  const maybe = <T>(name: string, parse: (text: string) => T | undefined): T | undefined =>
    optional(params, v3Name(params, name), parse)
  const from = maybe('query.startTimeMin', rfc3339)
  const to = maybe('query.startTimeMax', rfc3339)
  if (from === undefined || to === undefined) {
    throw new JaegerFault(400, 'query.start_time_min and query.start_time_max are required')
  }
  if (from >= to) throw new JaegerFault(400, 'query.startTimeMin must be before query.startTimeMax')
  if (params.get('query.filter')) throw new JaegerFault(501, 'query.filter is not supported; use query.attributes')
  const depth = maybe('query.searchDepth', positive) ?? maybe('query.numTraces', positive)
  return given({
    service: textV3(params, 'query.serviceName') || undefined,
    operation: textV3(params, 'query.operationName') || undefined,
    from,
    to,
    ...durations(maybe('query.durationMin', goDuration), maybe('query.durationMax', goDuration)),
    limit: Math.min(MOST, depth ?? 100),
    ...byAttributes(maybe('query.attributes', tagsObject) ?? {}),
  })
}
