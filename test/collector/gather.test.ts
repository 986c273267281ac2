import { expect, test } from 'vitest'
import { Gatherer } from '../../src/collector/gather.ts'

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
  add(gatherer, 'large', 15 * MIB, 0)
  expect(due(gatherer, 300)).toEqual([])
  add(gatherer, 'large', MIB, 300)
  expect(due(gatherer, 600)).toEqual(['large'])
})

test('one that takes little of the room stays held, however tight it gets', () => {
  const gatherer = new Gatherer()
  gatherer.took('large', 1_000, 0)
  add(gatherer, 'large', MIB, 0)
  add(gatherer, 'other', 30 * MIB, 0)
  expect(due(gatherer, 300)).toEqual(['other'])
})
