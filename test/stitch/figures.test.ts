import { expect, test } from 'vitest'
import type { Timeline } from '../../src/model/timeline.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { bookshop, spansOf } from '../query/bookshop.ts'

/** The times that a timeline tells as bigints, in the form of its figures. */
function counted({ start: zero, spans, criticalPath, gaps }: Timeline): unknown {
  const index = (id: string): number => spans.findIndex(({ spanId }) => spanId === id)
  const from = (time: bigint): number => Number(time - zero)
  return {
    start: Float64Array.from(spans, ({ start }) => from(start)),
    duration: Float64Array.from(spans, ({ start, end }) => Number(end - start)),
    self: Float64Array.from(spans, ({ selfNs }) => Number(selfNs)),
    criticalPath: criticalPath.flatMap(({ spanId, start, end }) => [index(spanId), from(start), from(end)]),
    gaps: gaps.flatMap(({ parentSpanId, start, end }) => [index(parentSpanId), from(start), from(end)]),
  }
}

test('the figures are the same times, counted from the start', () => {
  const timeline = stitch(spansOf(bookshop()))
  expect(timeline.figures).toEqual(counted(timeline))
})

test('so they are where times are years apart, and counted in larger units', () => {
  const spans = spansOf(bookshop()).map((span, at) => (at === 0 ? { ...span, end: span.end + 10n ** 17n } : span))
  const timeline = stitch(spans)
  expect(timeline.durationNs).toBeGreaterThan(2n ** 53n)
  expect(timeline.figures).toEqual(counted(timeline))
})
