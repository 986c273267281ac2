import type { MiddlewareJson } from '../query/wire/middleware.ts'
import { argumentsOf } from './arguments.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'
import { pageOf } from './list-filter.ts'
import { newest } from './trace-id.ts'
import { ageOf } from './numbers.ts'
import { screen } from './terminal-text.ts'
import { SORTS, topFrame, type Sort, type TopData } from './top-frame.ts'
import { live } from './top-live.ts'

const HELP = `usage: phaseline top [options]

The middlewares and routes that a running collector sees, the slowest first:
self time of each middleware's hooks, whole time of each route's requests.
Drawn anew every two seconds; once, where the output is no terminal.

  --service NAME   only of this service
  --route PATTERN  only within this route
  --phase ID       another phase than middlewares: db, view, render, …;
                   with * at its end all that begin so
  --window AGE     how far back, at most 15m (15m)
  --sort NAME      p95, p50, calls, errors, share or name (p95)
  --once           one picture, as it is now
  --page URL       the collector's page (http://127.0.0.1:7427)

keys: q quits; by p p95, m p50 (the median), c calls, e errors, s share, n name`

/** `phaseline top`. */
export async function top(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    options: {
      service: { type: 'string' },
      route: { type: 'string' },
      phase: { type: 'string' },
      window: { type: 'string', default: '15m' },
      sort: { type: 'string', default: 'p95' },
      once: { type: 'boolean', default: false },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
    },
  })
  if (given === undefined) return 0
  const { values } = given
  const sort = sortOf(values.sort)
  const { service, route, phase } = values
  const read = reader(pageOf(values.page), { service, route, phase }, windowOf(values.window))
  if (process.stdout.isTTY && process.stdin.isTTY && !values.once) return live(read, sort)
  console.log(topFrame(await read(), { sort, ...screen(), now: new Date() }).join('\n'))
  return 0
}

function sortOf(text: string): Sort {
  const sort = Object.values(SORTS).find((name) => name === text)
  if (sort === undefined) throw new UsageError(`--sort takes ${Object.values(SORTS).join(', ')}, not "${text}"`)
  return sort
}

/** So many of the newest requests are looked at. */
const REQUESTS = 500

type Narrowing = Readonly<Record<'service' | 'route' | 'phase', string | undefined>>

/** Asks a collector for what one frame shows. */
/** In ms; no longer than the collector remembers. */
function windowOf(text: string): number {
  const ms = ageOf('window', text)
  if (ms < 10_000 || ms > 900_000) throw new UsageError(`--window takes an age from 10s to 15m, not "${text}"`)
  return ms
}

function reader(page: URL, narrowing: Narrowing, windowMs: number): () => Promise<TopData> {
  const query = new URLSearchParams(Object.entries(narrowing).filter((each): each is [string, string] => each[1] !== undefined))
  const requests = new URLSearchParams({ limit: String(REQUESTS) })
  for (const name of ['service', 'route'] as const) if (narrowing[name] !== undefined) requests.set(name, narrowing[name])
  query.set('windowMs', String(windowMs))
  return async () => {
    requests.set('from', `${Date.now() - windowMs}000000`)
    const [rows, list] = await Promise.all([
      askPage(new URL(`/api/middleware?${query.toString()}`, page)),
      newest(page, requests),
    ])
    if (rows === undefined)
      throw new StartError(`${page.origin} has no figures of middlewares: is it a collector of this version?`)
    return { middlewares: (rows as MiddlewareJson).rows, requests: list.items, windowMs }
  }
}
