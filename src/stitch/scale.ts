import type { Span } from '../model/span.ts'

/**
 * How the times of one trace are written as numbers: nanoseconds since `base`, exact below 2^53 ns (104 days). A trace that
 * spans more (a clock in 1970, a time in 2262) is counted in units of 2,048 ns from the epoch instead.
 */
export interface Scale {
  readonly base: bigint
  readonly unit: bigint
  /**
   * Times below this say nothing. A time of zero does not where the trace's other times are real ones, later than a day after the
   * epoch; nor a time of the epoch's first day (a start of zero and a duration) where they are later than a year after it.
   */
  readonly missingBelow: bigint
}

const LIMIT = 2 ** 51
const DAY = 86_400_000_000_000n
const YEAR = 365n * DAY

/** The scale in which all times of these spans are exact, or the coarse one. Which base is chosen shows nowhere in the result. */
export function scaleOf(spans: readonly Span[]): Scale {
  let base = 0n
  let latest = 0n
  for (const { start, end } of spans) {
    if (start > base) base = start
    if (end > latest) latest = end
  }
  if (base === 0n) base = latest
  const last = base > latest ? base : latest
  const missingBelow = last > YEAR ? DAY : last > DAY ? 1n : 0n
  const far = (time: bigint): boolean => {
    if (time < missingBelow) return false
    const distance = Number(time - base)
    return distance > LIMIT || distance < -LIMIT
  }
  const coarse = spans.some(({ start, end }) => far(start) || far(end))
  return coarse ? { base: 0n, unit: 2048n, missingBelow } : { base, unit: 1n, missingBelow }
}

/** A time as a number on this scale; NaN for one that is missing. */
export function toScale(time: bigint, { base, unit, missingBelow }: Scale): number {
  if (time < missingBelow) return NaN
  return unit === 1n ? Number(time - base) : Number(time / unit)
}

/** A time on this scale as nanoseconds since the epoch. */
export function timeOf(value: number, { base, unit }: Scale): bigint {
  return unit === 1n ? base + BigInt(value) : BigInt(value) * unit
}

/** A duration on this scale as nanoseconds. */
export function durationOf(value: number, { unit }: Scale): bigint {
  return unit === 1n ? BigInt(value) : BigInt(value) * unit
}
