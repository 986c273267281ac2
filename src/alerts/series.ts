import { Histogram, type HistogramData } from '../model/histogram.ts'
import type { Observation, Subject } from './observation.ts'

/** A trace that shows a figure, kept beside it. */
export interface Exemplar {
  traceId: string
  selfSeconds: number
  /** ms since the epoch */
  at: number
}

/** What happened to one subject in one slot of time. */
export interface Slot {
  /** Start, ms since the epoch; a multiple of `SLOT_MS`. */
  start: number
  self: Histogram
  errors: number
  shareSum: number
  slowest: Exemplar | null
  /** One taken at random: shows what is usual. */
  typical: Exemplar | null
}

/** Length of a slot. Windows of rules are rounded up to it. */
export const SLOT_MS = 10_000

/** How long slots are kept one by one; what is older melts into the usual level. */
export const KEPT_MS: number = 15 * 60_000

/** The usual level forgets half of what it knew in a day of new data. */
const HALF_LIFE_MS = 24 * 3_600_000

/** What a slot adds from observations: one request, or a batch of them as a histogram. */
export interface Addition {
  self: Histogram
  errors: number
  shareSum: number
  exemplar: Exemplar | null
}

/** A slot, and what came before, in JSON. */
export interface SeriesData {
  subject: Subject
  total: HistogramData
  errors: number
  usual: HistogramData
  meltedTo: number
  slots: (Omit<Slot, 'self'> & { self: HistogramData })[]
}

/** Everything known of one subject: totals since the beginning, the latest slots, the usual level. */
export class Series {
  readonly subject: Subject
  /** Of all time: what Prometheus scrapes. */
  total: Histogram = new Histogram()
  errors = 0
  /** What was usual before the latest slots, older days counting less. */
  usual: Histogram = new Histogram()
  slots: Slot[] = []
  #meltedTo = 0

  constructor(subject: Subject) {
    this.subject = subject
  }

  /** @param at ms since the epoch: which slot it belongs to; late ones still find theirs */
  add(addition: Addition, at: number): void {
    const slot = this.#slot(Math.floor(at / SLOT_MS) * SLOT_MS)
    this.total.merge(addition.self)
    this.errors += addition.errors
    if (slot === undefined) return
    slot.self.merge(addition.self)
    slot.errors += addition.errors
    slot.shareSum += addition.shareSum
    if (addition.exemplar !== null) keep(slot, addition.exemplar)
  }

  /** Adds one request: the same as `add` with a histogram of one value, without making one. */
  observe(observation: Observation): void {
    const { selfSeconds, error, share, at } = observation
    this.total.record(selfSeconds)
    if (error) this.errors++
    const slot = this.#slot(Math.floor(at / SLOT_MS) * SLOT_MS)
    if (slot === undefined) return
    slot.self.record(selfSeconds)
    if (error) slot.errors++
    slot.shareSum += share
    keep(slot, observation)
  }

  /** The slots that end after `now − windowMs`. */
  window(now: number, windowMs: number): Slot[] {
    return this.slots.filter((slot) => slot.start + SLOT_MS > now - windowMs && slot.start <= now)
  }

  /**
   * Melts slots that are too old into the usual level.
   * @param frozen an alert is on: what happens now is not usual, and is forgotten instead
   */
  melt(now: number, frozen: boolean): void {
    const old = this.slots.filter((slot) => slot.start + SLOT_MS <= now - KEPT_MS)
    if (old.length === 0) return
    this.slots = this.slots.filter((slot) => slot.start + SLOT_MS > now - KEPT_MS)
    if (frozen) return
    const newest = Math.max(...old.map((slot) => slot.start))
    if (this.#meltedTo > 0) this.usual = faded(this.usual, 0.5 ** (Math.max(0, newest - this.#meltedTo) / HALF_LIFE_MS))
    this.#meltedTo = newest
    for (const slot of old) this.usual.merge(slot.self)
  }

  /** ms since the epoch of the latest observation's slot; 0 if it has none left. */
  get latest(): number {
    return this.slots.at(-1)?.start ?? this.#meltedTo
  }

  toData(): SeriesData {
    return {
      subject: this.subject,
      total: this.total.toData(),
      errors: this.errors,
      usual: this.usual.toData(),
      meltedTo: this.#meltedTo,
      slots: this.slots.map((slot) => ({ ...slot, self: slot.self.toData() })),
    }
  }

  static from(data: SeriesData): Series {
    const made = new Series(data.subject)
    made.total = Histogram.from(data.total)
    made.errors = data.errors
    made.usual = Histogram.from(data.usual)
    made.#meltedTo = data.meltedTo
    made.slots = data.slots.map((slot) => ({ ...slot, self: Histogram.from(slot.self) }))
    return made
  }

  /** The slot that starts then; undefined for one that has melted already. */
  #slot(start: number): Slot | undefined {
    if (start <= this.#meltedTo) return undefined
    let i = this.slots.length
    while (i > 0 && (this.slots[i - 1] as Slot).start > start) i--
    const found = this.slots[i - 1]
    if (found?.start === start) return found
    const made: Slot = { start, self: new Histogram(), errors: 0, shareSum: 0, slowest: null, typical: null }
    this.slots.splice(i, 0, made)
    return made
  }
}

/** Makes a trace an exemplar of the slot where it is the slowest, or by a chance that is the same for each of the slot's. */
function keep(slot: Slot, { traceId, selfSeconds, at }: Exemplar): void {
  if (slot.slowest === null || selfSeconds > slot.slowest.selfSeconds) slot.slowest = { traceId, selfSeconds, at }
  if (slot.typical === null || Math.random() * slot.self.count < 1) slot.typical = { traceId, selfSeconds, at }
}

/** The same shape with fewer counts: older data weigh less. Counts below a hundredth are dropped. */
function faded(histogram: Histogram, by: number): Histogram {
  const data = histogram.toData()
  data.counts = data.counts.map((count) => (count * by < 0.01 ? 0 : count * by))
  data.zeroCount *= by
  data.count = data.counts.reduce((sum, count) => sum + count, data.zeroCount)
  data.sum *= by
  return Histogram.from(data)
}
