import { performance } from 'node:perf_hooks'

/** A reading is good for so long, in ms: a request would pay 0.3 µs for its own, and be no wiser. */
const FRESH = 100
let last = performance.eventLoopUtilization()
let taken = -Infinity
let share = 0

/** How busy the event loop was just before, 0 to 1, in hundredths. @param at the time of `now()` */
export function utilization(at: number): number {
  if (at - taken < FRESH) return share
  const next = performance.eventLoopUtilization()
  const { utilization: busy } = performance.eventLoopUtilization(next, last)
  if (Number.isFinite(busy)) share = Math.round(busy * 100) / 100
  last = next
  taken = at
  return share
}
