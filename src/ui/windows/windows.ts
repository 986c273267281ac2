/** Two windows of time that are compared: all of it is in the URL. */
export interface Windows {
  readonly service: string
  readonly route: string
  /** Nanoseconds since the epoch, decimal: the later window. Empty: the last `lastMs`. */
  readonly from: string
  readonly to: string
  readonly lastMs: string
  /** How much earlier the other window is, ms; empty for just before. */
  readonly shiftMs: string
  /** Whom to look at among the phases: a middleware, a view. Narrows nothing. */
  readonly name: string
}

/** After this long, ms, an alert tells of how things are, no longer of what changed. */
const CHANGED_MS = 15 * 60_000

export const FIRST_WINDOWS: Windows = { service: '', route: '', from: '', to: '', lastMs: '300000', shiftMs: '', name: '' }

const NAMES = Object.keys(FIRST_WINDOWS) as (keyof Windows)[]

/** The windows that a URL's query names. */
export function windowsOf(params: URLSearchParams): Windows {
  const windows: Record<keyof Windows, string> = { ...FIRST_WINDOWS }
  for (const name of NAMES) windows[name] = params.get(name)?.trim() || FIRST_WINDOWS[name]
  return windows
}

/** The query of a URL that names these windows; what is as it always is, is left out. */
export function windowsQuery(windows: Windows): string {
  const params = new URLSearchParams()
  for (const name of NAMES) if (windows[name] !== FIRST_WINDOWS[name]) params.set(name, windows[name])
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** From a time that the list of requests is narrowed to; one without an end goes along with the time. @param now ms since the epoch */
export function windowsFrom(
  { service, route, from, to }: Pick<Windows, 'service' | 'route' | 'from' | 'to'>,
  now: number = Date.now(),
): Windows {
  const of = { ...FIRST_WINDOWS, service, route }
  if (!/^\d+$/.test(from)) return of
  if (/^\d+$/.test(to)) return { ...of, from, to }
  const minutes = Math.max(1, Math.round((now - Number(BigInt(from) / 1_000_000n)) / 60_000))
  return { ...of, lastMs: String(minutes * 60_000) }
}

/** What went over a threshold, since then, against just as long before. @param since ISO 8601 @param now ms since the epoch */
export function windowsSince(
  of: Pick<Windows, 'service' | 'route' | 'name'>,
  since: string | null,
  now: number = Date.now(),
): Windows {
  const { service, route, name } = of
  const begin = Date.parse(since ?? '')
  if (Number.isNaN(begin) || begin >= now) return { ...FIRST_WINDOWS, service, route, name }
  const end = Math.min(now, begin + CHANGED_MS)
  return { ...FIRST_WINDOWS, service, route, name, from: `${begin}000000`, to: `${end}000000` }
}
