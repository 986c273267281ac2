import { Histogram } from '../../model/histogram.ts'
import type { FigureJson } from '../wire/windows.ts'

/** Whole nanoseconds, decimal. */
export function nanosOf(seconds: number): string {
  return String(Math.round(seconds * 1e9))
}

/** A histogram that is not empty, in short. */
export function figure(durations: Histogram): FigureJson {
  const at = (q: number): string => (durations.count === 0 ? '0' : nanosOf(durations.quantile(q)))
  return { count: durations.count, p50Ns: at(0.5), p95Ns: at(0.95) }
}

/** Durations in nanoseconds as a histogram. */
export function histogramOf(durations: Iterable<bigint>): Histogram {
  const all = new Histogram()
  for (const ns of durations) all.record(Number(ns) / 1e9)
  return all
}

/** Counts by duration, in so many steps of one factor. @param low @param high seconds, above 0 */
export function bins(durations: Iterable<bigint>, low: number, high: number, steps: number): number[] {
  const counts = Array.from({ length: steps }, () => 0)
  const span = Math.log(high / low) || 1
  for (const ns of durations) {
    const place = Math.floor((Math.log(Math.max(low, Number(ns) / 1e9) / low) / span) * steps)
    counts[Math.min(steps - 1, place)]!++
  }
  return counts
}
