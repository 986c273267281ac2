import { Histogram } from '../model/histogram.ts'
import type { Figure, Rule } from './rule.ts'
import type { Series } from './series.ts'
import type { Exemplar, Slot } from './slot.ts'

/** What a rule says of a series at a moment. */
export interface Reading {
  /** Times in ms, shares and rates 0…1; null if there is too little to say. */
  readonly value: number | null
  /** What it is held against, in the same unit; null if nothing is known of what is usual yet. */
  readonly threshold: number | null
  readonly count: number
  readonly exceeded: boolean
  /** Looked for only where it is exceeded, or asked for. */
  readonly exemplars: { readonly slowest: Exemplar | null; readonly typical: Exemplar | null }
}

/** So many observations must have been usual before "three times the usual" means anything. */
const USUAL_MIN = 200

const NO_EXEMPLARS: Reading['exemplars'] = Object.freeze({ slowest: null, typical: null })

/**
 * Pure: the same series, rule and moment give the same reading.
 * @param members the series that count together
 * @param selfOf a series' histogram of the rule's window, where that is known already
 */
export function evaluate(
  rule: Rule,
  members: readonly Series[],
  now: number,
  selfOf: (series: Series) => Histogram = (series) => together(series.window(now, rule.window).map((slot) => slot.self)),
): Reading {
  const self = together(members.map(selfOf))
  const threshold = thresholdOf(rule, members)
  const value = self.count < rule.minCount ? null : figureOf(rule, self, members, now)
  const exceeded = value !== null && threshold !== null && value > threshold
  const slots = (): Slot[] => members.flatMap((series) => series.slots)
  const exemplars = exceeded ? exemplarsOf(slots(), now - rule.window, self) : NO_EXEMPLARS
  return { value, threshold, count: self.count, exceeded, exemplars }
}

/** One histogram of all; the only one as it is. */
function together(parts: readonly Histogram[]): Histogram {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const all = new Histogram()
  for (const part of parts) all.merge(part)
  return all
}

function thresholdOf(rule: Rule, members: readonly Series[]): number | null {
  if (rule.above !== undefined) return rule.above
  const usual = together(members.map((series) => series.usual))
  if (usual.count < USUAL_MIN) return null
  return Math.max(rule.atLeast, (rule.timesUsual ?? 1) * quantileMs(rule.figure, usual))
}

function figureOf({ figure, window }: Rule, self: Histogram, members: readonly Series[], now: number): number {
  const slots = (): Slot[] => members.flatMap((series) => series.window(now, window))
  if (figure === 'share') return sum(slots(), (slot) => slot.shareSum) / self.count
  if (figure === 'error_rate') return sum(slots(), (slot) => slot.errors) / self.count
  return quantileMs(figure, self)
}

const quantileMs = (figure: Figure, histogram: Histogram): number => histogram.quantile(Number(figure.slice(1)) / 100) * 1000

const sum = (slots: readonly Slot[], of: (slot: Slot) => number): number => slots.reduce((total, slot) => total + of(slot), 0)

/** The slowest of the window, and the one nearest to its median among those kept. */
function exemplarsOf(slots: readonly Slot[], since: number, self: Histogram): Reading['exemplars'] {
  const median = self.quantile(0.5)
  let slowest: Exemplar | null = null
  let typical: Exemplar | null = null
  let nearest = Infinity
  for (const slot of slots) {
    if (slot.start + slot.ms <= since) continue
    if (slot.slowest !== null && slot.slowest.selfSeconds > (slowest?.selfSeconds ?? -1)) ({ slowest } = slot)
    const distance = slot.typical === null ? Infinity : Math.abs(slot.typical.selfSeconds - median)
    if (distance < nearest) [typical, nearest] = [slot.typical, distance]
  }
  return { slowest, typical }
}
