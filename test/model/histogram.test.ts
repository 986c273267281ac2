import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, Histogram, upperBound } from '../../src/model/histogram.ts'

/** A repeatable source of numbers in [0, 1) (mulberry32). */
function source(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = source(7)
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Shapes that latencies have: a long tail, a cache that hits or misses, a queue, and a heavy tail. */
const shapes: Record<string, () => number> = {
  lognormal: () => 0.005 * Math.exp(0.8 * normal()),
  'two humps': () => (random() < 0.9 ? 0.0002 + 0.0001 * random() : 0.08 + 0.02 * random()),
  exponential: () => -0.02 * Math.log(1 - random()),
  pareto: () => 0.001 / (1 - random()) ** (1 / 1.5),
}

test.each(Object.keys(shapes))('every quantile of a %s distribution is within 1.1 %% of the exact one', (shape) => {
  const values = Array.from({ length: 20_000 }, shapes[shape] as () => number)
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  values.sort((a, b) => a - b)
  for (const q of [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
    const exact = values[Math.max(0, Math.ceil(q * values.length) - 1)] as number
    expect(Math.abs(histogram.quantile(q) / exact - 1), `p${q * 100}`).toBeLessThan(0.011)
  }
})

test('a value lies in its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e5, noNaN: true }), (value) => {
      const index = bucketOf(value)
      expect(value).toBeLessThanOrEqual(upperBound(index) * (1 + 1e-12))
      expect(value).toBeGreaterThan(upperBound(index - 1) * (1 - 1e-12))
    }),
  )
})

const values = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { maxLength: 50 })
const of = (list: number[]): Histogram => {
  const made = new Histogram()
  for (const value of list) made.record(value)
  return made
}

test('merged is the same as recorded together, in any order, also over the wire', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const merged = of(a)
      merged.merge(Histogram.from(JSON.parse(JSON.stringify(of(b).toData()))))
      const other = of(b)
      other.merge(of(a))
      const { sum, ...together } = of([...a, ...b]).toData()
      expect(merged.toData()).toMatchObject(together)
      expect(other.toData()).toMatchObject(together)
      expect(merged.sum).toBeCloseTo(sum, 6)
    }),
  )
})

test('an empty one has no quantile; values that are no durations count as zero', () => {
  const histogram = new Histogram()
  expect(histogram.quantile(0.5)).toBeNaN()
  histogram.record(NaN)
  histogram.record(-1)
  expect(histogram.quantile(0.99)).toBe(0)
  expect(histogram.toData()).toMatchObject({ count: 2, zeroCount: 2, counts: [] })
})
