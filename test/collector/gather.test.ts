import { expect, test } from 'vitest'
import { type Gathered, Gatherer } from '../../src/collector/gather.ts'
import { piecesOf, requestOf, requestsOf } from '../../src/collector/packs.ts'
import { assemble } from '../../src/collector/pieces.ts'
import { spansOf as spansIn } from '../../src/collector/single-spans.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { spansOf } from '../store/traces.ts'

const MIB = 1024 * 1024
const head = { resource: Buffer.alloc(0), scope: Buffer.alloc(0) }

function add(gatherer: Gatherer, traceId: string, bytes: number, now: number): void {
  const piece = { head, body: Buffer.alloc(0), start: 0, end: bytes }
  gatherer.add(traceId, piece, { spans: 1, rooted: true, segment: 1, replayed: false, now })
}

const due = (gatherer: Gatherer, now: number): string[] => gatherer.due(now, false).map(({ traceId }) => traceId)

test('a trace that took long to stitch waits for twenty times as long, others do not', () => {
  const gatherer = new Gatherer()
  gatherer.took('large', 1_000, 0)
  gatherer.took('small', 10, 0)
  for (const traceId of ['large', 'small']) add(gatherer, traceId, 100, 0)
  expect(due(gatherer, 300)).toEqual(['small'])
  expect(due(gatherer, 19_999)).toEqual([])
  expect(due(gatherer, 20_000)).toEqual(['large'])
})

test('one that takes most of the room is not held', () => {
  const gatherer = new Gatherer()
  gatherer.took('large', 1_000, 0)
  for (let times = 0; times < 15; times++) add(gatherer, 'large', 16 * MIB, 0)
  expect(due(gatherer, 300)).toEqual([])
  add(gatherer, 'large', 16 * MIB, 300)
  expect(due(gatherer, 600)).toEqual(['large'])
})

test('one that takes little of the room stays held, however tight it gets', () => {
  const gatherer = new Gatherer()
  gatherer.took('large', 1_000, 0)
  add(gatherer, 'large', MIB, 0)
  add(gatherer, 'other', 30 * MIB, 0)
  expect(due(gatherer, 300)).toEqual(['other'])
})

test('of a large trace what waits is packed, counts for less, and is what came', () => {
  const gatherer = new Gatherer()
  const bodies = Array.from({ length: 3 }, (_, i) =>
    encodeSpans(
      spansOf(
        1,
        Array.from({ length: 1_000 }, () => ({ name: `${'span '.repeat(1_000)}${i}` })),
      ),
    ),
  )
  for (const body of bodies) {
    for (const piece of spansIn(body)) gatherer.add('t', piece, { spans: 1, rooted: true, segment: 1, replayed: false, now: 0 })
  }
  const [trace] = gatherer.due(0, true) as [Gathered]
  expect(trace.packs.length).toBeGreaterThan(0)
  expect(trace.pieces.length).toBeLessThan(3_000)
  expect(gatherer.bytes).toBe(trace.weight)
  expect(trace.weight).toBeLessThan(trace.bytes / 2)
  const sent = bodies.flatMap((body) => decodeSpans(body))
  expect(decodeSpans(requestOf(trace))).toEqual(sent)
  expect([...requestsOf(trace)].flatMap((request) => decodeSpans(request))).toEqual(sent)
  expect(decodeSpans(assemble(piecesOf(trace)))).toEqual(sent)
  gatherer.done(trace)
  expect([gatherer.bytes, gatherer.spans]).toEqual([0, 0])
})
