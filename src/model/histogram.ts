/**
 * A histogram of durations whose buckets grow by a constant factor: OpenTelemetry's base-2 exponential histogram at a fixed
 * scale (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram), which Prometheus knows as a native
 * histogram of the same schema. Two of them merge by adding counts, without loss, in any order.
 *
 * At scale 5 a bucket's upper bound is 2^(1/32) = 1.022 times its lower one, so a quantile read from it is at most
 * (√1.022 − 1) = 1.1 % away from a value that was recorded there.
 */
export const SCALE = 5
export const PER_OCTAVE: number = 2 ** SCALE

/** Values are kept between 2^-30 s (about 1 ns) and 2^17 s (36 hours); what lies outside counts at the edge. */
const LOWEST = -30 * PER_OCTAVE
const HIGHEST = 17 * PER_OCTAVE

/** The index of the bucket (lower, upper] that holds a positive value. */
export function bucketOf(value: number): number {
  const index = Math.ceil(Math.log2(value) * PER_OCTAVE) - 1
  return index < LOWEST ? LOWEST : index > HIGHEST ? HIGHEST : index
}

/** The upper bound of a bucket. */
export function upperBound(index: number): number {
  return 2 ** ((index + 1) / PER_OCTAVE)
}

/** How it travels and is kept: what OTLP's ExponentialHistogramDataPoint has. */
export interface HistogramData {
  count: number
  sum: number
  min: number
  max: number
  zeroCount: number
  /** The index of the first count. */
  offset: number
  counts: number[]
}

/** Counts of durations in seconds. Grows with the spread of what is recorded: 64 buckets for a factor of four. */
export class Histogram {
  count = 0
  sum = 0
  min: number = Infinity
  max: number = -Infinity
  /** Values that are zero (or, by a clock's fault, below). */
  zeroCount = 0
  #offset = 0
  #counts: Float64Array = new Float64Array(0)

  record(value: number, times = 1): void {
    if (!(value >= 0)) value = 0
    this.count += times
    this.sum += value * times
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value === 0) this.zeroCount += times
    else this.#add(bucketOf(value), times)
  }

  merge(other: Histogram): void {
    this.count += other.count
    this.sum += other.sum
    this.zeroCount += other.zeroCount
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
    for (const [index, times] of other.buckets()) this.#add(index, times)
  }

  /** Non-empty buckets, in order: index and count. */
  *buckets(): Generator<[index: number, count: number]> {
    for (const [i, count] of this.#counts.entries()) if (count > 0) yield [this.#offset + i, count]
  }

  /**
   * The value below which the share `q` (0…1) of the recorded ones lie: the geometric middle of the bucket where the rank falls,
   * within the smallest and greatest value recorded. NaN without any.
   */
  quantile(q: number): number {
    if (this.count === 0) return NaN
    const rank = Math.max(1, Math.ceil(q * this.count))
    let seen = this.zeroCount
    if (rank <= seen) return 0
    for (const [index, count] of this.buckets()) {
      seen += count
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, upperBound(index) * 2 ** (-0.5 / PER_OCTAVE)))
    }
    return this.max
  }

  toData(): HistogramData {
    const used = [...this.buckets()]
    const offset = used[0]?.[0] ?? 0
    const counts = Array.from({ length: used.length === 0 ? 0 : (used.at(-1) as [number, number])[0] - offset + 1 }, () => 0)
    for (const [index, count] of used) counts[index - offset] = count
    const { count, sum, zeroCount } = this
    return { count, sum, min: count > 0 ? this.min : 0, max: count > 0 ? this.max : 0, zeroCount, offset, counts }
  }

  static from(data: HistogramData): Histogram {
    const made = new Histogram()
    made.count = data.count
    made.sum = data.sum
    made.zeroCount = data.zeroCount
    if (data.count > 0) {
      made.min = data.min
      made.max = data.max
    }
    for (const [i, count] of data.counts.entries()) if (count > 0) made.#add(data.offset + i, count)
    return made
  }

  #add(index: number, times: number): void {
    const at = index - this.#offset
    if (at >= 0 && at < this.#counts.length) this.#counts[at]! += times
    else {
      this.#cover(index)
      this.#counts[index - this.#offset]! += times
    }
  }

  /** Makes room for a bucket, a whole octave at a time, keeping what is counted. */
  #cover(index: number): void {
    const empty = this.#counts.length === 0
    const from = Math.min(empty ? index : this.#offset, Math.floor(index / PER_OCTAVE) * PER_OCTAVE)
    const to = Math.max(empty ? index : this.#offset + this.#counts.length, (Math.floor(index / PER_OCTAVE) + 1) * PER_OCTAVE)
    const wider = new Float64Array(to - from)
    if (!empty) wider.set(this.#counts, this.#offset - from)
    this.#offset = from
    this.#counts = wider
  }
}
