import { bucketOf, Histogram, type HistogramData } from '../model/histogram.ts'
import type { Measure, Subject } from './observation.ts'
import { Running } from './running.ts'
import { coarsened, emptySlot, keep, MINUTE_MS, SLOT_MS, type Exemplar, type Slot } from './slot.ts'

/** How long slots are kept one by one; what is older melts into the usual level. */
export const KEPT_MS: number = 15 * 60_000

/** The usual level forgets half of what it knew in a day of new data. */
const HALF_LIFE_MS = 24 * 3_600_000

/** A batch of requests that comes as a histogram. */
export interface Addition {
  self: Histogram
  errors: number
  shareSum: number
  /** The slowest first. */
  exemplars: readonly Exemplar[]
}

/**
 * The slots, and what came before, in JSON. Not the totals: counters begin anew with each process. One that came back a little lower than
 * it was, after a crash, would be a reset to Prometheus, and all that ever happened would have happened just now.
 */
export interface SeriesData {
  subject: Subject
  usual: HistogramData
  meltedTo: number
  slots: (Omit<Slot, 'self'> & { self: HistogramData })[]
}

/** Everything known of one subject: totals since the beginning, the latest slots, the usual level. */
export class Series {
  readonly subject: Subject
  /** Since the start of the process: what Prometheus scrapes. */
  total: Histogram = new Histogram()
  errors = 0
  /** What was usual before the latest slots, older days counting less. */
  usual: Histogram = new Histogram()
  /** By start. */
  slots: Slot[] = []
  /** End of the newest slot that has melted. */
  #meltedTo = 0
  /** Minutes before are one slot each. */
  #coarseTo = 0
  #running: Running[] = []
  /** Old slots are looked after this much later than is due: not all series at the same moment. */
  readonly #lag: number
  static #made = 0

  constructor(subject: Subject) {
    this.subject = subject
    this.#lag = (Series.#made++ * SLOT_MS) % MINUTE_MS
  }

  /** @param at ms since the epoch: which slot it belongs to; late ones still find theirs */
  add(addition: Addition, at: number): void {
    const slot = this.#slot(at)
    this.total.merge(addition.self)
    this.errors += addition.errors
    if (slot === undefined) return
    slot.self.merge(addition.self)
    slot.errors += addition.errors
    slot.shareSum += addition.shareSum
    for (const running of this.#running) running.merge(slot, addition.self)
    for (const exemplar of addition.exemplars.toReversed()) keep(slot, exemplar)
  }

  /** Adds one request: the same as `add` with a histogram of one value, without making one. */
  observe(measure: Measure): void {
    const { selfSeconds, error, share, at } = measure
    const bucket = bucketOf(selfSeconds)
    this.total.record(selfSeconds, 1, bucket)
    if (error) this.errors++
    const slot = this.#slot(at)
    if (slot === undefined) return
    slot.self.record(selfSeconds, 1, bucket)
    if (error) slot.errors++
    slot.shareSum += share
    for (const running of this.#running) running.record(slot, selfSeconds, bucket)
    keep(slot, measure)
  }

  /** Takes back what happened since then but the totals, which only grow: it comes again, from better counts. @param at ms since the epoch */
  retract(at: number): void {
    for (const slot of this.slots) {
      if (slot.start + slot.ms <= at) continue
      const { slowest, typical } = slot
      Object.assign(slot, emptySlot(slot.start, slot.ms), { slowest, typical })
    }
    this.#running = []
  }

  /** A trace to look at, of requests that are counted elsewhere. */
  exemplify(exemplar: Exemplar): void {
    const slot = this.#slot(exemplar.at)
    if (slot !== undefined) keep(slot, exemplar)
  }

  /** The slots that end after `now − windowMs`. */
  window(now: number, windowMs: number): Slot[] {
    return this.slots.filter((slot) => slot.start + slot.ms > now - windowMs && slot.start <= now)
  }

  /** All of `window` as one histogram, for whoever asks again and again with times that only grow. */
  running(now: number, windowMs: number): Histogram {
    let found = this.#running.find((one) => one.windowMs === windowMs)
    if (found === undefined) this.#running.push((found = new Running(windowMs, this.slots, this.#coarseTo, now)))
    return found.at(this.slots, now)
  }

  /**
   * Makes minutes of slots that are no longer new, and melts those that are too old into the usual level.
   * @param frozen an alert is on: what happens now is not usual, and is forgotten instead
   */
  melt(now: number, frozen: boolean): void {
    this.#coarsen(now)
    const limit = now - KEPT_MS - this.#lag
    if ((this.slots[0]?.start ?? Infinity) >= limit) return
    const first = this.slots.findIndex((slot) => slot.start + slot.ms > limit)
    const old = this.slots.splice(0, first < 0 ? this.slots.length : first)
    const newest = old.at(-1)
    if (newest === undefined || frozen) return
    const until = newest.start + newest.ms
    if (this.#meltedTo > 0) this.usual.scale(0.5 ** (Math.max(0, until - this.#meltedTo) / HALF_LIFE_MS))
    this.#meltedTo = until
    for (const slot of old) this.usual.merge(slot.self)
  }

  #coarsen(now: number): void {
    const until = Math.floor((now - this.#lag - MINUTE_MS) / MINUTE_MS) * MINUTE_MS
    if (until <= this.#coarseTo) return
    this.#coarseTo = until
    this.slots = coarsened(this.slots, until)
    this.#running = this.#running.filter((one) => one.mayCoarsen(until))
  }

  /** The clock was set back: nothing would count until it has caught up with what is kept of its future. */
  rewind(now: number): void {
    this.slots = this.slots.filter(({ start }) => start <= now)
    this.#meltedTo = Math.max(0, Math.min(this.#meltedTo, now - KEPT_MS))
    this.#coarseTo = Math.min(this.#coarseTo, Math.floor(now / MINUTE_MS - 1) * MINUTE_MS)
    this.#running = []
  }

  /** ms since the epoch of the latest observation's slot; 0 if there was none. */
  get latest(): number {
    return this.slots.at(-1)?.start ?? this.#meltedTo
  }

  toData(): SeriesData {
    return {
      subject: this.subject,
      usual: this.usual.toData(),
      meltedTo: this.#meltedTo,
      slots: this.slots.map((slot) => ({ ...slot, self: slot.self.toData() })),
    }
  }

  static from(data: SeriesData): Series {
    const made = new Series(data.subject)
    made.usual = Histogram.from(data.usual)
    made.#meltedTo = data.meltedTo
    made.slots = data.slots.map((slot) => ({ ...slot, self: Histogram.from(slot.self) }))
    made.#coarseTo = data.slots.reduce((to, { start, ms }) => (ms === MINUTE_MS ? Math.max(to, start + ms) : to), 0)
    return made
  }

  /** The slot of this moment; undefined for one that has melted already. */
  #slot(at: number): Slot | undefined {
    if (at < this.#meltedTo) return undefined
    let i = this.slots.length
    while (i > 0 && (this.slots[i - 1] as Slot).start > at) i--
    const found = this.slots[i - 1]
    if (found !== undefined && at < found.start + found.ms) return found
    const ms = at < this.#coarseTo ? MINUTE_MS : SLOT_MS
    const made = emptySlot(Math.floor(at / ms) * ms, ms)
    this.slots.splice(i, 0, made)
    return made
  }
}
