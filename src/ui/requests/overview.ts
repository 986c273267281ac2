import type { SummaryJson } from '../../query/wire/list.ts'
import { breakdown, type Share } from '../breakdown.ts'
import { failed } from '../request-words.tsx'

/** Requests taken together. */
export interface Overview {
  readonly requests: number
  readonly running: number
  readonly failed: number
  /** Nanoseconds. */
  readonly p50: number
  readonly p95: number
  /** Where all their time went, the most first. */
  readonly shares: readonly Share[]
}

/** What a list of requests comes down to; those in flight are not over. */
export function overviewOf(items: readonly SummaryJson[]): Overview {
  const ended = items.filter(({ inFlight }) => !inFlight)
  const times = ended.map(({ durationNs }) => Number(durationNs)).sort((a, b) => a - b)
  const at = (q: number): number => times[Math.max(0, Math.ceil(q * times.length) - 1)] ?? 0
  const sums = new Map<string, number>()
  // Where all are still running, it is what they are running in.
  for (const { phases } of ended.length > 0 ? ended : items)
    for (const [id, ns] of Object.entries(phases)) sums.set(id, (sums.get(id) ?? 0) + Number(ns))
  const phases = Object.fromEntries([...sums].map(([id, ns]) => [id, String(ns)]))
  return {
    requests: ended.length,
    running: items.length - ended.length,
    failed: ended.filter(failed).length,
    p50: at(0.5),
    p95: at(0.95),
    shares: breakdown(phases).sort((a, b) => b.ns - a.ns),
  }
}
