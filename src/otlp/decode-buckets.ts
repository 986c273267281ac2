import { bucketOf, SCALE, upperBound, type HistogramData } from '../model/histogram.ts'

/** An exponential histogram as OTLP has it, at whatever scale. */
export interface Exponential {
  count: number
  /** NaN where it is not said. */
  sum: number
  min: number
  max: number
  scale: number
  zeroCount: number
  offset: number
  counts: readonly number[]
}

/** The buckets that our histograms have at most. */
const LOWEST = bucketOf(Number.MIN_VALUE)
const HIGHEST = bucketOf(Number.MAX_VALUE)
/** Scales beyond are none (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale). */
const FINEST = 20
const COARSEST = -10

/**
 * The same at our scale: finer buckets are merged, which is exact; the counts of a coarser one go to its middle. Durations are not
 * negative: what is, counts as zero. Whatever is sent, the buckets are within bounds and add up to the count.
 */
export function atOurScale(given: Exponential): HistogramData {
  const scale = Math.max(COARSEST, Math.min(FINEST, wholeOf(given.scale)))
  const first = wholeOf(given.offset)
  const counted = new Map<number, number>()
  let count = 0
  for (const [place, times] of given.counts.entries()) {
    if (!(times > 0)) continue
    const index = Math.max(LOWEST, Math.min(HIGHEST, ourIndex(first + place, scale)))
    counted.set(index, (counted.get(index) ?? 0) + times)
    count += times
  }
  const offset = Math.min(...counted.keys())
  const length = count === 0 ? 0 : Math.max(...counted.keys()) - offset + 1
  const zeroCount = Math.max(0, given.count - count)
  return {
    count: count + zeroCount,
    ...within(given, count, offset, length),
    zeroCount,
    offset: count === 0 ? 0 : offset,
    counts: Array.from({ length }, (_, place) => counted.get(offset + place) ?? 0),
  }
}

/** Both count from 1: bucket i is (2^(i / 2^scale), 2^((i + 1) / 2^scale)]. */
function ourIndex(index: number, scale: number): number {
  if (scale >= SCALE) return Math.floor(index / 2 ** (scale - SCALE))
  const wide = 2 ** (SCALE - scale)
  return index * wide + Math.floor(wide / 2)
}

/** Sum, least and greatest as they were sent, or as the buckets have them. */
function within(
  { sum, min, max }: Exponential,
  count: number,
  offset: number,
  length: number,
): Pick<HistogramData, 'sum' | 'min' | 'max'> {
  const least = count === 0 ? 0 : upperBound(offset - 1)
  const greatest = count === 0 ? 0 : upperBound(offset + length - 1)
  return { sum: finite(sum, 0), min: finite(min, least), max: finite(max, greatest) }
}

const wholeOf = (value: number): number => (Number.isInteger(value) ? value : 0)

function finite(value: number, otherwise: number): number {
  return Number.isFinite(value) && value >= 0 ? value : otherwise
}
