import type { Span } from '../model/span.ts'
import { jumpsOf, type Jump } from './jumps.ts'

/**
 * How the times of one trace are written as numbers: nanoseconds since `base`, exact below 2^53 ns (104 days). Of a trace that
 * spans more (a clock in 1970, a time in 2262) the stretches without any time are shortened; where that does not do it is counted
 * in units of 2,048 ns from the epoch.
 */
export interface Scale {
  readonly base: bigint
  readonly unit: bigint
  /** What is shortened, in time order; nothing, as a rule. */
  readonly jumps: readonly Jump[]
  /**
   * Times below this say nothing. A time of zero does not where the trace's other times are real ones, later than a day after the
   * epoch; nor a time of the epoch's first day (a start of zero and a duration) where they are later than a year after it.
   */
  readonly missingBelow: bigint
}

const LIMIT = 1n << 51n
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
  // Compared, not subtracted: a bigint less per time.
  const [earliest, furthest] = [base - LIMIT, base + LIMIT]
  const far = (time: bigint): boolean => time >= missingBelow && (time > furthest || time < earliest)
  const wide = spans.some(({ start, end }) => far(start) || far(end))
  return wide ? wideScale(spans, missingBelow) : { base, unit: 1n, jumps: [], missingBelow }
}

function wideScale(spans: readonly Span[], missingBelow: bigint): Scale {
  const times = new Set<bigint>()
  for (const { start, end } of spans) for (const time of [start, end]) if (time >= missingBelow) times.add(time)
  const sorted = [...times].sort((a, b) => (a < b ? -1 : 1))
  const jumps = jumpsOf(sorted)
  const scale: Scale = { base: sorted[0] ?? 0n, unit: 1n, jumps: jumps ?? [], missingBelow }
  return jumps === undefined ? coarse(scale) : scale
}

/** The scale on which any times can be, though not to the nanosecond. */
export function coarse({ missingBelow }: Scale): Scale {
  return { base: 0n, unit: 2048n, jumps: [], missingBelow }
}

/** A time as a number on this scale; NaN for one that is missing. */
export function toScale(time: bigint, { base, unit, jumps, missingBelow }: Scale): number {
  if (time < missingBelow) return NaN
  if (unit !== 1n) return Number(time / unit)
  if (jumps.length === 0) return Number(time - base)
  return Number(jumps.reduce((sum, { until, left }) => (time >= until ? sum - left : sum), time - base))
}

/** A time on this scale as nanoseconds since the epoch. */
export function timeOf(value: number, { base, unit, jumps }: Scale): bigint {
  if (unit !== 1n) return BigInt(value) * unit
  if (jumps.length === 0) return base + BigInt(value)
  return jumps.reduce((sum, { middle, left }) => (value > middle ? sum + left : sum), base + BigInt(value))
}

/** A duration on this scale as nanoseconds. */
export function durationOf(value: number, { unit, jumps }: Scale): bigint {
  if (unit !== 1n) return BigInt(value) * unit
  if (jumps.length === 0 || value === 0) return BigInt(value)
  let rest = Math.abs(value)
  let all = BigInt(rest)
  for (const { length, room, left } of jumps) {
    if (rest < length - room) continue
    rest -= length
    all += left
  }
  return value < 0 ? -all : all
}

/** The same as a number; what is infinite stays so. */
export function nanosOf(value: number, scale: Scale): number {
  if (scale.jumps.length > 0 && Number.isFinite(value)) return Number(durationOf(value, scale))
  return value * Number(scale.unit)
}
