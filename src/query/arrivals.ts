import type { Timeline } from '../model/timeline.ts'
import { clocksJson } from './timeline-json.ts'
import type { HostJson, StatusJson } from './wire.ts'

/** Hosts that are remembered at most; whose last word is oldest goes first. */
const HOSTS = 500
/** So many arrivals say how late timelines are. */
const ARRIVALS = 200

/** What arrivals say of the machines that send: how late timelines are, and how wrong clocks. */
export class Arrivals {
  readonly #hosts = new Map<string, HostJson>()
  /** ms from the end of a request to the arrival of its timeline. */
  readonly #lags: number[] = []

  /** @param now ms since the epoch */
  learn(timeline: Timeline, now: number = Date.now()): void {
    this.#lags.push(now - Number(timeline.end / 1_000_000n))
    if (this.#lags.length > ARRIVALS) this.#lags.shift()
    for (const clock of clocksJson(timeline)) {
      this.#hosts.delete(clock.host)
      this.#hosts.set(clock.host, { ...clock, at: new Date(now).toISOString() })
    }
    if (this.#hosts.size > HOSTS) this.#hosts.delete(this.#hosts.keys().next().value as string)
  }

  /** The last word on each clock, by name. */
  hosts(): HostJson[] {
    return [...this.#hosts.values()].sort((a, b) => a.host.localeCompare(b.host))
  }

  /** Undefined as long as nothing arrived. What was imported long after it happened is as late as that. */
  lag(): StatusJson['lag'] {
    const sorted = this.#lags.toSorted((a, b) => a - b)
    if (sorted.length === 0) return null
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
    return { medianMs: at(0.5), worstMs: at(1), of: sorted.length }
  }
}
