import type { Timeline } from '../model/timeline.ts'
import type { StatusJson } from './wire/status.ts'

/** So many arrivals say how late timelines are. */
const ARRIVALS = 200

/** How late timelines are. */
export class Arrivals {
  /** ms from the end of a request to the arrival of its timeline. */
  readonly #lags: number[] = []

  /** @param now ms since the epoch */
  learn(timeline: Timeline, now: number = Date.now()): void {
    this.#lags.push(now - Number(timeline.end / 1_000_000n))
    if (this.#lags.length > ARRIVALS) this.#lags.shift()
  }

  /** Undefined as long as nothing arrived. What was imported long after it happened is as late as that. */
  lag(): StatusJson['lag'] {
    const sorted = this.#lags.toSorted((a, b) => a - b)
    if (sorted.length === 0) return null
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
    return { medianMs: at(0.5), worstMs: at(1), of: sorted.length }
  }
}
