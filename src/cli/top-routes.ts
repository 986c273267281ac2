import type { SummaryJson } from '../query/wire/list.ts'
import { quantile } from './figures.ts'
import { mostOf, nameOf } from './list-lines.ts'

/** The requests of one name to one service, taken together. Times are ns. */
export interface RouteRow {
  readonly name: string
  readonly service: string
  readonly calls: number
  readonly errors: number
  readonly p50: number
  readonly p95: number
  readonly total: number
  /** The phase that has the most of the time of them all, and how much of it. */
  readonly most: string
}

/** Requests that have ended, by name and service. */
export function routesOf(requests: readonly SummaryJson[]): RouteRow[] {
  const ended = requests.filter(({ inFlight }) => !inFlight)
  const together = Map.groupBy(ended, (item) => `${nameOf(item)}\0${item.service}`)
  return [...together.values()].map((group) => {
    const first = group[0] as SummaryJson
    const times = group.map(({ durationNs }) => Number(durationNs)).sort((a, b) => a - b)
    const total = times.reduce((sum, time) => sum + time, 0)
    return {
      name: nameOf(first),
      service: first.service,
      calls: group.length,
      errors: group.filter(({ error }) => error).length,
      p50: quantile(times, 0.5) ?? 0,
      p95: quantile(times, 0.95) ?? 0,
      total,
      most: mostOf({ phases: phasesOf(group), durationNs: String(total) }),
    }
  })
}

function phasesOf(group: readonly SummaryJson[]): Record<string, string> {
  const sums: Record<string, string> = {}
  for (const { phases } of group)
    for (const [phase, ns] of Object.entries(phases)) sums[phase] = String(BigInt(sums[phase] ?? '0') + BigInt(ns))
  return sums
}
