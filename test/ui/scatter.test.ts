import { expect, test } from 'vitest'
import { dots, dragged, levels, scales } from '../../src/ui/requests/scatter.ts'
import { summaryOf } from './summaries.ts'

const at = (seconds: number, ms: number): ReturnType<typeof summaryOf> =>
  summaryOf(String(BigInt(seconds) * 1_000_000_000n), { durationNs: String(ms * 1e6) })

const items = [at(100, 1), at(150, 10), at(200, 1000)]

test('dots are inside the picture, later ones to the right, longer ones higher', () => {
  const found = dots(items, scales(items))
  for (const { x, y } of found) {
    expect(x).toBeGreaterThan(0)
    expect(x).toBeLessThan(1)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y).toBeLessThanOrEqual(1)
  }
  expect(found.map(({ x }) => x)).toEqual(found.map(({ x }) => x).toSorted((a, b) => a - b))
  expect(found.map(({ y }) => Number(y.toFixed(6)))).toEqual([1, 0.666667, 0])
})

test('lines are whole powers of ten', () => {
  expect(levels(scales(items)).map(({ ns }) => ns)).toEqual([1e6, 1e7, 1e8, 1e9])
})

test('one request, or none, still has a picture', () => {
  expect(levels(scales([])).length).toBeGreaterThan(1)
  expect(dots([at(5, 3)], scales([at(5, 3)]))[0]?.x).toBeCloseTo(0.5)
})

test('a dragged rectangle is a filter that holds the dots inside it, from whatever corner it was dragged', () => {
  const scale = scales(items)
  const [, middle] = dots(items, scale)
  const a = { x: (middle?.x ?? 0) - 0.1, y: (middle?.y ?? 0) - 0.1 }
  const b = { x: (middle?.x ?? 0) + 0.1, y: (middle?.y ?? 0) + 0.1 }
  const filter = dragged(scale, b, a)
  expect(filter).toEqual(dragged(scale, a, b))
  expect(Number(filter.minMs)).toBeLessThan(10)
  expect(Number(filter.maxMs)).toBeGreaterThan(10)
  expect(BigInt(filter.from)).toBeLessThan(150_000_000_000n)
  expect(BigInt(filter.to)).toBeGreaterThan(150_000_000_000n)
})

test('the two ends of the shortest picture are not the same second', () => {
  const { from, to } = scales([at(5, 3), at(5, 4)])
  expect(to - from).toBeGreaterThanOrEqual(2000)
})
