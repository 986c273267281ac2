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

const STEP = PER_OCTAVE / 2

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
  /** No typed array: those of this size live outside the heap, and making one costs more than all that is counted in it. */
  #counts: number[] = []

  /** @param bucket of the value, for who records it in several: a logarithm costs more than all else here */
  record(value: number, times = 1, bucket: number = bucketOf(value)): void {
    if (!(value >= 0)) value = 0
    this.count += times
    this.sum += value * times
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value === 0) this.zeroCount += times
    else this.#add(bucket, times)
  }

  merge(other: Histogram): void {
    this.#count(other, 1)
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
  }

  /** Takes out what was merged before. `min` and `max` stay: of what is left nobody knows them. */
  subtract(other: Histogram): void {
    this.#count(other, -1)
  }

  /** So many times the counts; those below a hundredth are dropped. Older data weigh less. */
  scale(by: number): void {
    const counts = this.#counts
    this.zeroCount *= by
    this.sum *= by
    this.count = this.zeroCount
    for (let i = 0; i < counts.length; i++) {
      const scaled = (counts[i] as number) * by
      this.count += counts[i] = scaled < 0.01 ? 0 : scaled
    }
  }

  #count(other: Histogram, sign: 1 | -1): void {
    this.count += sign * other.count
    this.sum += sign * other.sum
    this.zeroCount += sign * other.zeroCount
    const added = other.#counts
    if (added.length === 0) return
    this.#cover(other.#offset, other.#offset + added.length - 1)
    const counts = this.#counts
    const shift = other.#offset - this.#offset
    // Apart, because minus zero is no small integer: that would make every count a double.
    if (sign > 0) for (let i = 0; i < added.length; i++) counts[shift + i]! += added[i] as number
    else for (let i = 0; i < added.length; i++) counts[shift + i]! -= added[i] as number
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
    if (rank <= this.zeroCount) return 0
    const bucket = this.#bucketOf(rank)
    return Math.min(this.max, Math.max(this.min, upperBound(bucket - 0.5)))
  }

  /** The bucket where a rank falls, looked for from the top: what people ask for is there. */
  #bucketOf(rank: number): number {
    let below = this.count
    let i = this.#counts.length - 1
    for (; i > 0; i--) {
      below -= this.#counts[i] as number
      if (below < rank) break
    }
    return this.#offset + i
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
    this.#cover(index, index)
    this.#counts[index - this.#offset]! += times
  }

  /** Makes room for buckets, half an octave at a time, keeping what is counted. */
  #cover(first: number, last: number): void {
    const { length } = this.#counts
    if (length > 0 && first >= this.#offset && last < this.#offset + length) return
    const empty = length === 0
    const from = Math.min(empty ? first : this.#offset, Math.floor(first / STEP) * STEP)
    const to = Math.max(empty ? last : this.#offset + length, (Math.floor(last / STEP) + 1) * STEP)
    const wider: number[] = []
    for (let i = from; i < to; i++) wider.push(empty ? 0 : (this.#counts[i - this.#offset] ?? 0))
    this.#offset = from
    // A copy has no room to grow, and is a third smaller.
    this.#counts = wider.slice()
  }
}
