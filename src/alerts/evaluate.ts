import type { Histogram } from '../model/histogram.ts'
import type { Figure, Rule } from './rule.ts'
import type { Series } from './series.ts'
import type { Slot } from './slot.ts'
import { Sums, together, type Exemplars } from './sums.ts'

/** What a rule says of a series at a moment. */
export interface Reading {
  /** Times in ms, shares and rates 0…1; null if there is too little to say. */
  readonly value: number | null
  /** What it is held against, in the same unit; null if nothing is known of what is usual yet. */
  readonly threshold: number | null
  readonly count: number
  readonly exceeded: boolean
  /** Looked for only where it is exceeded, or asked for. */
  readonly exemplars: Exemplars
}

/** So many observations must have been usual before "three times the usual" means anything. */
const USUAL_MIN = 200

const NO_EXEMPLARS: Exemplars = Object.freeze({ slowest: null, typical: null })

/** What a rule says of what nothing is heard of. */
export const nothing = ({ above }: Rule): Reading => ({
  value: null,
  threshold: above ?? null,
  count: 0,
  exceeded: false,
  exemplars: NO_EXEMPLARS,
})

/**
 * Pure: the same series, rule and moment give the same reading.
 * @param members the series that count together
 * @param sums what is known of the moment already
 */
export function evaluate(rule: Rule, members: readonly Series[], now: number, sums: Sums = new Sums(now)): Reading {
  const self = sums.self(members, rule.window)
  const threshold = thresholdOf(rule, members)
  const value = self.count < rule.minCount ? null : figureOf(rule, self, members, now)
  const exceeded = value !== null && threshold !== null && value > threshold
  const exemplars = exceeded ? sums.exemplars(members, rule.window) : NO_EXEMPLARS
  return { value, threshold, count: self.count, exceeded, exemplars }
}

function thresholdOf(rule: Rule, members: readonly Series[]): number | null {
  if (rule.above !== undefined) return rule.above
  const usual = together(members.map(({ usual }) => usual))
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
