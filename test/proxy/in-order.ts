import { expect } from 'vitest'
import type { Span } from '../../src/model/span.ts'

/** The phase ids of spans. */
export const phases = (spans: readonly Span[]): unknown[] => spans.map(({ attributes }) => attributes.get('phaseline.phase'))

/** The children are the whole span's, one after the other inside it: none begins before the one before has ended. */
export function expectInOrder(whole: Span, children: readonly Span[]): void {
  let until = whole.start
  for (const { name, start, end, parentSpanId } of children) {
    expect(parentSpanId).toBe(whole.spanId)
    expect(start, name).toBeGreaterThanOrEqual(until)
    expect(end, name).toBeGreaterThanOrEqual(start)
    until = end
  }
  expect(until).toBeLessThanOrEqual(whole.end)
}
