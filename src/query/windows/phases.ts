import { SeriesBook } from '../../alerts/book.ts'
import type { AlertEngine } from '../../alerts/engine.ts'
import { learn } from '../../alerts/learn.ts'
import { KEPT_MS, type Series } from '../../alerts/series.ts'
import { MINUTE_MS, type Slot } from '../../alerts/slot.ts'
import { Histogram } from '../../model/histogram.ts'
import type { Summary } from '../../model/summary.ts'
import type { Store } from '../../store/contract.ts'
import { turns } from '../slices.ts'
import { figure, nanosOf } from './figures.ts'
import type { Window, WindowsQuery } from './query.ts'
import { some, type Sample } from './sample.ts'
import type { PhaseChangeJson, PhaseChangesJson } from '../wire/windows.ts'

/** Timelines that are read of a window, where there are no histograms of it: 0.2 ms each, and whoever compares two windows waits for both. */
const TIMELINES = 60
/** And so many spans: a few timelines of 100,000 would keep everybody waiting. */
const SPANS = 50_000
/** Histograms are kept by the minute: of shorter windows the edges would be the most. */
const SHORTEST_MS = 3 * MINUTE_MS
const ROWS = 200

/** Self times of one subject in one window. */
interface Taken {
  readonly series: Series
  readonly self: Histogram
  readonly slowest: string | null
}

type Book = ReadonlyMap<string, Taken>

/** Whether histograms of all requests reach back to then. @param now ms since the epoch */
function counted(engine: AlertEngine | undefined, { before, after }: WindowsQuery, now: number): engine is AlertEngine {
  return engine !== undefined && after.to - after.from >= SHORTEST_MS && before.from >= now - KEPT_MS
}

/**
 * The phases of one route in two windows: from the histograms of all requests where they reach back so far, else from timelines.
 * @param engine whose histograms there are, if any
 */
export async function phaseChanges(
  query: WindowsQuery,
  samples: { readonly before: Sample; readonly after: Sample },
  { store, engine, now }: { store: Store; engine: AlertEngine | undefined; now: number },
): Promise<PhaseChangesJson> {
  const fits = ({ subject }: Series): boolean =>
    subject.route === query.route && (query.service === '' || subject.service === query.service)
  if (counted(engine, query, now)) {
    const all = [...engine.series].filter(fits)
    const [before, after] = [inWindow(all, query.before), inWindow(all, query.after)]
    const every = [...after.values()].some(({ series }) => !engine.series.counts(series.subject.service, now))
    return changes(before, after, every ? 'every' : 'recorded')
  }
  const before = (await read(store, samples.before)).filter(fits)
  const after = (await read(store, samples.after)).filter(fits)
  const whole = { from: 0, to: Infinity }
  const part = [samples.before, samples.after].some(({ items, more }) => more || picked(items).length < items.length)
  return changes(inWindow(before, whole), inWindow(after, whole), part ? 'some' : 'recorded')
}

/** Those that are read. */
function picked(items: readonly Summary[]): Summary[] {
  let left = SPANS
  return some(items, TIMELINES).filter(({ spanCount }) => {
    if (spanCount > left) return false
    left -= spanCount
    return true
  })
}

async function read(store: Store, { items }: Sample): Promise<Series[]> {
  const book = new SeriesBook()
  const turn = turns()
  for (const { traceId } of picked(items)) {
    const timeline = await store.timeline(traceId)
    if (timeline !== undefined) learn(timeline, book)
    await turn()
  }
  return [...book]
}

/** What the slots in a window have; a slot belongs to where its middle is. */
function inWindow(all: readonly Series[], { from, to }: Window): Book {
  const book = new Map<string, Taken>()
  for (const series of all) {
    const slots = series.slots.filter(({ start, ms }) => start + ms / 2 >= from && start + ms / 2 < to)
    const self = new Histogram()
    for (const slot of slots) self.merge(slot.self)
    const { service, phase, name, hook } = series.subject
    if (self.count > 0) book.set([service, phase, name, hook].join('\0'), { series, self, slowest: slowest(slots) })
  }
  return book
}

function slowest(slots: readonly Slot[]): string | null {
  const known = slots.map((slot) => slot.slowest).filter((one) => one !== null)
  return (
    known.reduce<(typeof known)[number] | null>((a, b) => (a === null || b.selfSeconds > a.selfSeconds ? b : a), null)?.traceId ??
    null
  )
}

/** Gateways; where nobody told of one, what happened most often. */
function requestsOf(book: Book): number {
  const gateways = [...book.values()].filter(({ series }) => series.subject.phase === 'gateway')
  const counts = (gateways.length > 0 ? gateways : [...book.values()]).map(({ self }) => self.count)
  return gateways.length > 0 ? counts.reduce((sum, one) => sum + one, 0) : Math.max(0, ...counts)
}

function changes(before: Book, after: Book, basis: PhaseChangesJson['basis']): PhaseChangesJson {
  const requests = { before: requestsOf(before), after: requestsOf(after) }
  const rows = [...new Set([...after.keys(), ...before.keys()])].map((key) => change(before.get(key), after.get(key), requests))
  rows.sort((a, b) => Math.abs(more(b)) - Math.abs(more(a)))
  return { basis, requests, rows: rows.slice(0, ROWS) }
}

const more = ({ perRequest }: PhaseChangeJson): number => Number(perRequest.afterNs) - Number(perRequest.beforeNs)

function change(a: Taken | undefined, b: Taken | undefined, requests: PhaseChangesJson['requests']): PhaseChangeJson {
  const { service, phase, name, hook } = ((b ?? a) as Taken).series.subject
  const mean = (one: Taken | undefined, of: number): string => nanosOf(one === undefined || of === 0 ? 0 : one.self.sum / of)
  return {
    service,
    phase,
    name,
    hook,
    before: a === undefined ? null : figure(a.self),
    after: b === undefined ? null : figure(b.self),
    perRequest: { beforeNs: mean(a, requests.before), afterNs: mean(b, requests.after) },
    slowest: b?.slowest ?? null,
  }
}
