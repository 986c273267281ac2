import { expect, test } from 'vitest'
import { stitch } from '../../src/stitch/stitch.ts'
import { tracesOf } from '../../src/stitch/traces.ts'
import { at, span } from './spans.ts'

const of = (...ids: string[]): string[][] =>
  [...tracesOf(ids.map((traceId, i) => span(`${i}`, { traceId, at: [1, 2] }))).values()].map((spans) =>
    spans.map(({ spanId }) => spanId),
  )

const WHOLE = '7180c278b62e8f6a216a2aea45d08fc9'
const CUT = '0000000000000000216a2aea45d08fc9'

test('spans are grouped by trace', () => {
  expect(of(WHOLE, 'f'.repeat(32), WHOLE)).toEqual([['0', '2'], ['1']])
})

test('a trace id that was cut to 64 bits is the whole one that ends in it', () => {
  expect(of(CUT, WHOLE)).toEqual([['1', '0']])
})

test('not if there are two of those, or none', () => {
  expect(of(CUT, WHOLE, `${'1'.repeat(16)}216a2aea45d08fc9`)).toHaveLength(3)
  expect(of(CUT, `${'0'.repeat(16)}aaaaaaaaaaaaaaaa`)).toHaveLength(2)
})

test('copies of a span with the cut id and with the whole one are copies, links and all', () => {
  const copies = [CUT, WHOLE].map((traceId) => span('a', { traceId, at: [1, 2], follows: 'b' }))
  const [trace = []] = tracesOf(copies).values()
  expect(at(stitch(trace), 'a').warnings).toEqual(['duplicate'])
})
