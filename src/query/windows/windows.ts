import type { AlertEngine } from '../../alerts/engine.ts'
import type { Histogram } from '../../model/histogram.ts'
import type { Summary } from '../../model/summary.ts'
import type { Store } from '../../store/contract.ts'
import { bins, figure, histogramOf, nanosOf } from './figures.ts'
import { phaseChanges } from './phases.ts'
import type { Window, WindowsQuery } from './query.ts'
import { sample, type Sample } from './sample.ts'
import type { FigureJson, PhaseTotalJson, RouteChangeJson, WindowJson, WindowsJson } from '../wire/windows.ts'

const BINS = 40
const ROUTES = 200

/** What changed from one window to another: `wire/windows.ts` says how it is told. @param engine whose histograms there are, if any */
export async function windowsJson(
  query: WindowsQuery,
  parts: { store: Store; engine: AlertEngine | undefined; now: number },
): Promise<WindowsJson> {
  const { service, route } = query
  const [before, after] = await Promise.all([
    sample(parts.store, query, query.before).then((found) => ofRoute(found, route)),
    sample(parts.store, query, query.after).then((found) => ofRoute(found, route)),
  ])
  const range = rangeOf([...before.items, ...after.items])
  return {
    service,
    route,
    before: windowJson(query.before, before, range),
    after: windowJson(query.after, after, range),
    routes: route === '' ? routeChanges(before.items, after.items) : [],
    totals: route === '' || before.items.length === 0 || after.items.length === 0 ? [] : totals(before.items, after.items),
    phases: route === '' ? null : await phaseChanges(query, { before, after }, parts),
  }
}

/** Requests to the route itself, not those that only came by it in another service; these if there are no others. */
function ofRoute({ items, more }: Sample, route: string): Sample {
  const own = route === '' ? items : items.filter((item) => item.route === route)
  return { items: own.length === 0 ? items : own, more }
}

const durations = (items: readonly Summary[]): bigint[] => items.map(({ durationNs }) => durationNs)

/** Seconds. */
function rangeOf(items: readonly Summary[]): readonly [low: number, high: number] {
  const seconds = durations(items).map((ns) => Math.max(1e-6, Number(ns) / 1e9))
  return seconds.length === 0 ? [1e-3, 1] : [Math.min(...seconds), Math.max(...seconds) * 1.0001]
}

function windowJson({ from, to }: Window, { items, more }: Sample, [low, high]: readonly [number, number]): WindowJson {
  const all = durations(items)
  return {
    from: String(BigInt(from) * 1_000_000n),
    to: String(BigInt(to) * 1_000_000n),
    took: figure(histogramOf(all)),
    more,
    bins: { lowNs: nanosOf(low), highNs: nanosOf(high), counts: bins(all, low, high, BINS) },
  }
}

/** Self time by phase of whole requests. */
function totals(before: readonly Summary[], after: readonly Summary[]): PhaseTotalJson[] {
  const ids = new Set([...before, ...after].flatMap(({ phases }) => [...phases.keys()]))
  const rows = [...ids].map((phase): PhaseTotalJson => {
    const of = (items: readonly Summary[]): bigint[] => items.map(({ phases }) => phases.get(phase) ?? 0n)
    const [a, b] = [histogramOf(of(before)), histogramOf(of(after))]
    const mean = ({ sum, count }: Histogram): string => nanosOf(sum / count)
    return { phase, before: figure(a), after: figure(b), perRequest: { beforeNs: mean(a), afterNs: mean(b) } }
  })
  const change = ({ perRequest }: PhaseTotalJson): number => Math.abs(Number(perRequest.afterNs) - Number(perRequest.beforeNs))
  return rows.sort((one, other) => change(other) - change(one))
}

/** Every route that one of the windows has, what has most to do with a slower service first. */
function routeChanges(before: readonly Summary[], after: readonly Summary[]): RouteChangeJson[] {
  const key = ({ service, route }: Summary): string => `${service}\0${route ?? ''}`
  const [a, b] = [Map.groupBy(before, key), Map.groupBy(after, key)]
  const found = [...new Set([...b.keys(), ...a.keys()])].flatMap((one) => {
    const [service = '', route = ''] = one.split('\0')
    return route === '' ? [] : [{ service, route, before: figureOf(a.get(one)), after: figureOf(b.get(one)) }]
  })
  return found.sort((one, other) => weight(other) - weight(one)).slice(0, ROUTES)
}

function figureOf(items: readonly Summary[] | undefined): FigureJson | null {
  return items === undefined ? null : figure(histogramOf(durations(items)))
}

/** How much slower a typical request is, times how many there are. */
function weight({ before, after }: RouteChangeJson): number {
  if (before === null || after === null) return 0
  return (Number(after.p50Ns) - Number(before.p50Ns)) * after.count
}
