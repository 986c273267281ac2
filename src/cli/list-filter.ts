import { UsageError } from './command.ts'

/** How the list of requests is narrowed, for `parseArgs`: what the page's filter has. */
export const FILTERS = {
  service: { type: 'string' },
  route: { type: 'string' },
  status: { type: 'string' },
  phase: { type: 'string' },
  middleware: { type: 'string' },
  min: { type: 'string' },
  max: { type: 'string' },
  error: { type: 'boolean' },
  running: { type: 'boolean' },
  skew: { type: 'boolean' },
  orphans: { type: 'boolean' },
  q: { type: 'string' },
} as const

export const FILTERS_HELP = `  --service NAME     only requests that this service took part in
  --route PATTERN    of this route, as the list says it: /books/<int:id>/
  --status CODE      404, or a class: 5xx
  --phase ID         that have this phase: db, render, middleware.request, …
  --middleware NAME  that this middleware took part in
  --min, --max TIME  that took so long or longer, shorter: 100 (ms), 250us, 1.5s
  --error            that failed
  --running          that have not ended
  --skew             where times were corrected, because clocks disagree
  --orphans          with spans whose parent never came
  --q TEXT           that have it somewhere: a name, an attribute's value, an id`

type Given = { readonly [Name in keyof typeof FILTERS]?: string | boolean | undefined }

/** The same as the API's parameters. @throws UsageError */
export function filterQuery(given: Given): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of ['service', 'route', 'status', 'phase', 'middleware', 'q'] as const) {
    const value = given[name]
    if (typeof value === 'string' && value !== '') query.set(name, value)
  }
  if (typeof given.min === 'string') query.set('minMs', String(millisecondsOf('min', given.min)))
  if (typeof given.max === 'string') query.set('maxMs', String(millisecondsOf('max', given.max)))
  if (given.running === true) query.set('inFlight', '1')
  for (const name of ['error', 'skew', 'orphans'] as const) if (given[name] === true) query.set(name, '1')
  return query
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, µs: 0.001, ms: 1, s: 1_000, '': 1 }

function millisecondsOf(option: string, text: string): number {
  const [, figure, unit = ''] = /^(\d+(?:\.\d+)?) ?(us|µs|ms|s)?$/.exec(text) ?? []
  if (figure === undefined) throw new UsageError(`--${option} takes a time, like 100 (ms), 250us or 1.5s, not "${text}"`)
  return Number(figure) * (UNITS[unit] as number)
}

/** Why a list is empty, and what to do. */
export function nothingLike(page: URL, query: URLSearchParams): string {
  return [...query.keys()].every((name) => name === 'limit')
    ? `the collector at ${page.origin} has no requests yet: send it some (phaseline run app.js, phaseline get URL)`
    : 'no request is like that: leave an option away (phaseline list --help)'
}

/** The collector's page. @throws UsageError */
export function pageOf(text: string): URL {
  const page = URL.parse(text)
  if (page === null || !/^https?:$/.test(page.protocol)) throw new UsageError(`--page takes an http or https URL, not "${text}"`)
  return page
}

/** So many lines. @throws UsageError */
export function limitOf(text: string): number {
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_500)
    throw new UsageError(`--limit takes a number from 1 to 1500, not "${text}"`)
  return limit
}
