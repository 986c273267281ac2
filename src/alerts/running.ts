import { Histogram } from '../model/histogram.ts'
import { MINUTE_MS, SLOT_MS, type Slot } from './slot.ts'

/**
 * The slots of the last so many ms as one histogram, kept up while they come and go: merging thirty slots of each of 10,000 series
 * for every evaluation took a second.
 */
export class Running {
  readonly windowMs: number
  readonly #self = new Histogram()
  /** Slots that start before are not in it. */
  #from: number
  /** When it was asked for last. */
  #asked = -Infinity

  /** @param slots by start @param coarseTo those before are minutes */
  constructor(windowMs: number, slots: readonly Slot[], coarseTo: number, now: number) {
    this.windowMs = windowMs
    const ms = now - windowMs < coarseTo ? MINUTE_MS : SLOT_MS
    this.#from = Math.floor((now - windowMs) / ms) * ms
    for (const slot of slots) this.merge(slot, slot.self)
  }

  record(slot: Slot, selfSeconds: number, bucket: number): void {
    if (slot.start >= this.#from) this.#self.record(selfSeconds, 1, bucket)
  }

  merge(slot: Slot, self: Histogram): void {
    if (slot.start >= this.#from) this.#self.merge(self)
  }

  /** What is in the window now. @param slots by start */
  at(slots: readonly Slot[], now: number): Histogram {
    const self = this.#self
    // What came since it was asked for is in it already; and in no time nothing leaves.
    if (now === this.#asked) return self
    this.#asked = now
    // Until the first slot after `#from`, however short, is over, all stay.
    if (this.#from + SLOT_MS <= now - this.windowMs && this.#drop(slots, now)) this.#measure(slots)
    return self
  }

  /** Takes out the slots that have left the window. @returns whether one of them had the smallest or the greatest value */
  #drop(slots: readonly Slot[], now: number): boolean {
    const all = this.#self
    let extreme = false
    for (const { start, ms, self } of slots) {
      if (start < this.#from) continue
      if (start + ms > now - this.windowMs) break
      all.subtract(self)
      this.#from = start + ms
      if (self.min <= all.min || self.max >= all.max) extreme = true
    }
    return extreme
  }

  #measure(slots: readonly Slot[]): void {
    const all = this.#self
    all.min = Infinity
    all.max = -Infinity
    for (const { start, self } of slots) {
      if (start < this.#from) continue
      if (self.min < all.min) all.min = self.min
      if (self.max > all.max) all.max = self.max
    }
  }

  /** Whether slots before `until` may become minutes: not where some of a minute's are out already. */
  mayCoarsen(until: number): boolean {
    return this.#from >= until || this.#from % MINUTE_MS === 0
  }
}
