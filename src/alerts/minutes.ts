import { bucketOf, Histogram } from '../model/histogram.ts'
import { MINUTE_MS } from './slot.ts'

/** Durations of one minute. */
interface Minute {
  /** ms since the epoch */
  readonly start: number
  readonly durations: Histogram
}

/** How far back is remembered: what Jaeger's Monitor tab shows at first. */
const MOST = 60

/** The last minutes of something, by their start. */
export class Minutes {
  #minutes: Minute[] = []

  /** @param at ms since the epoch @param most minutes that may be kept, at most an hour's */
  record(seconds: number, at: number, most: number, bucket: number = bucketOf(seconds)): void {
    const start = Math.floor(at / MINUTE_MS) * MINUTE_MS
    let place = this.#minutes.length
    while (place > 0 && (this.#minutes[place - 1] as Minute).start > start) place--
    let found = this.#minutes[place - 1]
    if (found?.start !== start) {
      found = { start, durations: new Histogram() }
      this.#minutes.splice(place, 0, found)
      const least = (this.#minutes.at(-1) as Minute).start - MOST * MINUTE_MS
      const first = this.#minutes.findIndex((minute) => minute.start > least)
      this.#minutes.splice(0, Math.max(first, this.#minutes.length - most, 0))
    }
    found.durations.record(seconds, 1, bucket)
  }

  /** Adds what was in the minutes that began at or after `from` and before `to` to a histogram. */
  addTo(all: Histogram, from: number, to: number): void {
    for (const { start, durations } of this.#minutes) if (start >= from && start < to) all.merge(durations)
  }
}
