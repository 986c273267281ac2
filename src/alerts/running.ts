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

  /** @param slots by start @param coarseTo those before are minutes */
  constructor(windowMs: number, slots: readonly Slot[], coarseTo: number, now: number) {
    this.windowMs = windowMs
    const ms = now - windowMs < coarseTo ? MINUTE_MS : SLOT_MS
    this.#from = Math.floor((now - windowMs) / ms) * ms
    for (const slot of slots) this.merge(slot, slot.self)
  }

  record(slot: Slot, selfSeconds: number): void {
    if (slot.start >= this.#from) this.#self.record(selfSeconds)
  }

  merge(slot: Slot, self: Histogram): void {
    if (slot.start >= this.#from) this.#self.merge(self)
  }

  /** What is in the window now. @param slots by start */
  at(slots: readonly Slot[], now: number): Histogram {
    const self = this.#self
    self.min = Infinity
    self.max = -Infinity
    for (const slot of slots) {
      if (slot.start < this.#from) continue
      if (slot.start + slot.ms <= now - this.windowMs) {
        self.subtract(slot.self)
        this.#from = slot.start + slot.ms
      } else {
        if (slot.self.min < self.min) self.min = slot.self.min
        if (slot.self.max > self.max) self.max = slot.self.max
      }
    }
    return self
  }

  /** Whether slots before `until` may become minutes: not where some of a minute's are out already. */
  mayCoarsen(until: number): boolean {
    return this.#from >= until || this.#from % MINUTE_MS === 0
  }
}
