import type { NewsJson, SummaryJson } from '../query/wire/list.ts'

/** What the list of requests is narrowed to. The names are those of the API's parameters; an empty text narrows nothing. */
export interface Filter {
  readonly q: string
  readonly service: string
  readonly route: string
  /** `404`, or a class such as `5xx`. */
  readonly status: string
  readonly phase: string
  readonly middleware: string
  /** Milliseconds. */
  readonly minMs: string
  readonly maxMs: string
  /** `1`: failed requests only. */
  readonly error: string
  /** `1`: only what is still running. */
  readonly inFlight: string
  /** Nanoseconds since the epoch, decimal. */
  readonly from: string
  readonly to: string
}

export const NO_FILTER: Filter = {
  q: '',
  service: '',
  route: '',
  status: '',
  phase: '',
  middleware: '',
  minMs: '',
  maxMs: '',
  error: '',
  inFlight: '',
  from: '',
  to: '',
}

const NAMES = Object.keys(NO_FILTER) as (keyof Filter)[]

/** The filter that a URL's query names; what it does not know is left out. */
export function filterOf(params: URLSearchParams): Filter {
  const filter: Record<keyof Filter, string> = { ...NO_FILTER }
  for (const name of NAMES) filter[name] = (params.get(name) ?? '').trim()
  return filter
}

/** The query of a URL that names this filter: `?service=shop&minMs=100`, or nothing. */
export function queryOf(filter: Filter): string {
  const params = new URLSearchParams()
  for (const name of NAMES) if (filter[name] !== '') params.set(name, filter[name])
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** Whether anything is narrowed. */
export function narrowed(filter: Filter): boolean {
  return NAMES.some((name) => filter[name] !== '')
}

function statusFits(status: number | null, wanted: string): boolean {
  if (wanted === '') return true
  if (status === null) return false
  return /^[1-5]xx$/.test(wanted) ? Math.floor(status / 100) === Number(wanted[0]) : String(status) === wanted
}

function textFits(item: SummaryJson, wanted: string): boolean {
  if (wanted === '') return true
  const text = `${item.traceId} ${item.name} ${item.method ?? ''} ${item.route ?? ''} ${item.services.join(' ')}`
  return text.toLowerCase().includes(wanted.toLowerCase())
}

function durationFits(item: SummaryJson, filter: Filter): boolean {
  const ms = Number(item.durationNs) / 1e6
  if (filter.minMs !== '' && ms < Number(filter.minMs)) return false
  return filter.maxMs === '' || ms <= Number(filter.maxMs)
}

function timeFits(item: SummaryJson, filter: Filter): boolean {
  const start = BigInt(item.start)
  if (filter.from !== '' && start < BigInt(filter.from)) return false
  return filter.to === '' || start <= BigInt(filter.to)
}

/** Whether a request that just arrived belongs to the list, by what its summary says; the API's own answer is the authority. */
export function fits(item: NewsJson, filter: Filter): boolean {
  return (
    textFits(item, filter.q) &&
    (filter.service === '' || item.services.includes(filter.service)) &&
    (filter.route === '' || item.route === filter.route || item.routes.includes(filter.route)) &&
    statusFits(item.status, filter.status) &&
    (filter.phase === '' || filter.phase in item.phases) &&
    (filter.middleware === '' || item.middlewares.includes(filter.middleware)) &&
    (filter.error === '' || item.error) &&
    (filter.inFlight === '' || item.inFlight) &&
    durationFits(item, filter) &&
    timeFits(item, filter)
  )
}
