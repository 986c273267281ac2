import { matches } from '../alerts/rule.ts'
import type { AlertEngine } from '../alerts/engine.ts'
import type { Series } from '../alerts/series.ts'
import { MINUTE_MS, SLOT_MS, type Exemplar, type Slot } from '../alerts/slot.ts'
import { Histogram } from '../model/histogram.ts'
import type { MiddlewareJson, MiddlewareRowJson } from './wire/middleware.ts'

/** What to look at: the phase may have `*`, empty texts take everything. */
export interface MiddlewareQuery {
  readonly phase: string
  readonly service: string
  readonly route: string
  /** How far back, ms. */
  readonly windowMs: number
}

/** How many points a trend has at most. */
const POINTS = 30

/** One row per middleware and hook (or whatever phase is asked for), all its routes together, the costliest first. */
export function middlewareJson(engine: AlertEngine, query: MiddlewareQuery, now: number = Date.now()): MiddlewareJson {
  const groups = Map.groupBy(
    [...engine.series].filter((series) => wanted(series, query)),
    ({ subject }) => [subject.service, subject.phase, subject.name, subject.hook].join('\0'),
  )
  const rows = [...groups.values()].map((group) => row(engine, group, query, now)).filter((one) => one !== undefined)
  rows.sort((a, b) => b.totalNs - a.totalNs)
  return { windowMs: query.windowMs, ...choices(engine, query.phase), rows: rows.map(({ json }) => json) }
}

/** More than this many choices are no choice. */
const MOST_CHOICES = 500

/** The services and routes in which there is such a phase. */
function choices(engine: AlertEngine, phase: string): { services: string[]; routes: string[] } {
  const services = new Set<string>()
  const routes = new Set<string>()
  for (const { subject } of engine.series) {
    if (!matches({ phase }, { ...subject })) continue
    services.add(subject.service)
    if (subject.route !== '') routes.add(subject.route)
  }
  const first = (all: Set<string>): string[] => [...all].sort().slice(0, MOST_CHOICES)
  return { services: first(services), routes: first(routes) }
}

function wanted({ subject }: Series, { phase, service, route }: MiddlewareQuery): boolean {
  return matches({ phase, ...(service !== '' && { service }), ...(route !== '' && { route }) }, { ...subject })
}

const nanos = (seconds: number): string => String(Math.round(seconds * 1e9))

function row(
  engine: AlertEngine,
  group: Series[],
  { windowMs }: MiddlewareQuery,
  now: number,
): { json: MiddlewareRowJson; totalNs: number } | undefined {
  const slots = group.flatMap((series) => series.window(now, windowMs))
  const self = merged(slots)
  if (self.count === 0) return undefined
  const { service, phase, name, hook } = (group[0] as Series).subject
  const slowest = slots.map((slot) => slot.slowest).filter((one) => one !== null)
  const json = {
    service,
    phase,
    name,
    hook,
    calls: self.count,
    errors: slots.reduce((sum, slot) => sum + slot.errors, 0),
    p50Ns: nanos(self.quantile(0.5)),
    p95Ns: nanos(self.quantile(0.95)),
    p99Ns: nanos(self.quantile(0.99)),
    share: slots.reduce((sum, slot) => sum + slot.shareSum, 0) / self.count,
    trend: trend(slots, windowMs, now),
    alert: alertOf(engine, group),
    slowest: slowest.length === 0 ? null : slowest.reduce((a, b) => (b.selfSeconds > a.selfSeconds ? b : a)).traceId,
    typical: nearest(slots, self.quantile(0.5)),
  }
  return { json, totalNs: self.sum }
}

function merged(slots: readonly Slot[]): Histogram {
  const all = new Histogram()
  for (const slot of slots) all.merge(slot.self)
  return all
}

/** p95 over time, oldest first; null where nothing was called. */
function trend(slots: readonly Slot[], windowMs: number, now: number): (string | null)[] {
  // What is older than a minute or two is there by the minute.
  const finest = windowMs > 2 * MINUTE_MS ? MINUTE_MS : SLOT_MS
  const step = Math.ceil(windowMs / POINTS / finest) * finest
  const first = Math.floor((now - windowMs) / step) * step + step
  const byStep = Map.groupBy(slots, (slot) => Math.floor(slot.start / step) * step)
  const points: (string | null)[] = []
  for (let start = first; start <= now; start += step) {
    // A slot may be there for its exemplars only, without a count.
    const there = merged(byStep.get(start) ?? [])
    points.push(there.count === 0 ? null : nanos(there.quantile(0.95)))
  }
  return points
}

function nearest(slots: readonly Slot[], median: number): string | null {
  const known = slots.map((slot) => slot.typical).filter((one): one is Exemplar => one !== null)
  const distance = (one: Exemplar): number => Math.abs(one.selfSeconds - median)
  return known.length === 0 ? null : known.reduce((a, b) => (distance(b) < distance(a) ? b : a)).traceId
}

function alertOf(engine: AlertEngine, group: readonly Series[]): 'pending' | 'firing' | null {
  const states = engine
    .alerts()
    .filter((alert) => engine.seriesOf(alert).some((series) => group.includes(series)))
    .map((alert) => alert.state)
  return states.includes('firing') ? 'firing' : states.includes('pending') ? 'pending' : null
}
