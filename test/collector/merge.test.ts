import { expect, test } from 'vitest'
import { merging } from '../../src/collector/merge.ts'
import { spansOf as piecesOf } from '../../src/collector/single-spans.ts'
import { atOnce } from '../../src/model/steps.ts'
import type { Span } from '../../src/model/span.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { spansOf } from '../store/traces.ts'

const [a, b, c] = spansOf(1, [{ name: 'a' }, { name: 'b', service: 'other' }, { name: 'c' }]) as [Span, Span, Span]
const snapshot = (span: Span): Span => ({ ...span, name: `${span.name}…`, attributes: new Map([['phaseline.in_flight', true]]) })

/** What is kept of `fresh` beside `former`, by name. */
function merged(former: readonly Span[], fresh: readonly Span[], copies: 1 | 2 = 2): string[] {
  const otlp = atOnce(merging(encodeSpans(former), [...piecesOf(encodeSpans(fresh))], copies))
  return decodeSpans(otlp)
    .map(({ name, resource }) => `${name} ${resource.service}`)
    .sort()
}

test('spans that come later are kept beside those that are stored', () => {
  expect(merged([a], [b, c])).toEqual(['a shop', 'b other', 'c shop'])
})

test('a span that is sent again is kept twice and no more', () => {
  expect(merged([a, b], [b])).toEqual(['a shop', 'b other', 'b other'])
  expect(merged([a, b, b], [b, b])).toEqual(['a shop', 'b other', 'b other'])
  expect(merged([a], [b, b, b])).toEqual(['a shop', 'b other', 'b other'])
})

test('what is replayed from the log is kept once', () => {
  expect(merged([a, b], [b, c, c], 1)).toEqual(['a shop', 'b other', 'c shop'])
})

test('the same bytes from another sender are another span', () => {
  expect(merged([a, a], [{ ...a, resource: b.resource }])).toEqual(['a other', 'a shop', 'a shop'])
})

test('a snapshot goes when its span comes again, as a snapshot or whole, and no other', () => {
  expect(merged([snapshot(a), snapshot(b), c], [a])).toEqual(['a shop', 'b… other', 'c shop'])
  expect(merged([a], [snapshot(b), b])).toEqual(['a shop', 'b other'])
})

test('a snapshot that came as often as it may stays', () => {
  expect(merged([snapshot(a), snapshot(a)], [snapshot(a)])).toEqual(['a… shop', 'a… shop'])
})
