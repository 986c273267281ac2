import { Histogram } from '../model/histogram.ts'
import type { Figure, Rule } from './rule.ts'
import type { Exemplar, Series, Slot } from './series.ts'

/** What a rule says of a series at a moment. */
export interface Reading {
  /** Times in ms, shares and rates 0…1; null if there is too little to say. */
  readonly value: number | null
  /** What it is held against, in the same unit; null if nothing is known of what is usual yet. */
  readonly threshold: number | null
  readonly count: number
  readonly exceeded: boolean
  readonly exemplars: { readonly slowest: Exemplar | null; readonly typical: Exemplar | null }
}

/** So many observations must have been usual before "three times the usual" means anything. */
const USUAL_MIN = 200

/** Pure: the same series, rule and moment give the same reading. */
export function evaluate(rule: Rule, series: Series, now: number): Reading {
  const slots = series.window(now, rule.window)
  const self = new Histogram()
  for (const slot of slots) self.merge(slot.self)
  const threshold = thresholdOf(rule, series)
  const value = self.count < rule.minCount ? null : figureOf(rule.figure, self, slots)
  return {
    value,
    threshold,
    count: self.count,
    exceeded: value !== null && threshold !== null && value > threshold,
    exemplars: exemplarsOf(slots, self),
  }
}

function thresholdOf(rule: Rule, series: Series): number | null {
  if (rule.above !== undefined) return rule.above
  if (series.usual.count < USUAL_MIN) return null
  return Math.max(rule.atLeast, (rule.timesUsual ?? 1) * quantileMs(rule.figure, series.usual))
}

function figureOf(figure: Figure, self: Histogram, slots: readonly Slot[]): number {
  if (figure === 'share') return sum(slots, (slot) => slot.shareSum) / self.count
  if (figure === 'error_rate') return sum(slots, (slot) => slot.errors) / self.count
  return quantileMs(figure, self)
}

const quantileMs = (figure: Figure, histogram: Histogram): number => histogram.quantile(Number(figure.slice(1)) / 100) * 1000

const sum = (slots: readonly Slot[], of: (slot: Slot) => number): number => slots.reduce((total, slot) => total + of(slot), 0)

/** The slowest of the window, and the one nearest to its median among those kept. */
function exemplarsOf(slots: readonly Slot[], self: Histogram): Reading['exemplars'] {
  const median = self.quantile(0.5)
  const nearer = (a: Exemplar, b: Exemplar): Exemplar =>
    Math.abs(a.selfSeconds - median) <= Math.abs(b.selfSeconds - median) ? a : b
  const known = (pick: (slot: Slot) => Exemplar | null): Exemplar[] => slots.map(pick).filter((one) => one !== null)
  const slowest = known((slot) => slot.slowest)
  const typical = known((slot) => slot.typical)
  return {
    slowest: slowest.length === 0 ? null : slowest.reduce((a, b) => (b.selfSeconds > a.selfSeconds ? b : a)),
    typical: typical.length === 0 ? null : typical.reduce(nearer),
  }
}
