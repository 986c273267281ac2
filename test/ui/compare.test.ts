import { expect, test } from 'vitest'
import { align, changed, selfChange, type Aligned } from '../../src/ui/compare/align.ts'
import { choices } from '../../src/ui/compare/choices.ts'
import { mostly, phaseChanges } from '../../src/ui/compare/phase-changes.ts'
import type { Trace } from '../../src/ui/timeline/trace.ts'
import { bookshop, type Part } from '../query/bookshop.ts'
import { summaryOf } from './summaries.ts'
import { traceOf } from './traces.ts'

const view = (name: string, from: number, to: number, inside: Part[] = []): Part => ({ phase: 'view', name, from, to, inside })
const rooted = (...inside: Part[]): Trace => traceOf({ phase: 'gateway', name: 'GET /', from: 0, to: 100, inside })

function words(a: Trace, b: Trace, rows: readonly Aligned[]): string[] {
  return rows.map((row) => `${row.depth} ${row.a < 0 ? '-' : a.name(row.a)} ${row.b < 0 ? '-' : b.name(row.b)}`)
}

test('spans are the same if their parents, phases and names are; the second of a name goes with the second', () => {
  const a = rooted(view('x', 0, 10), view('x', 10, 20, [view('in', 11, 12)]), view('gone', 20, 30))
  const b = rooted(view('new', 0, 5), view('x', 5, 10), view('x', 10, 50, [view('in', 11, 40)]), view('late', 60, 70))
  expect(words(a, b, align(a, b))).toEqual(['0 GET / GET /', '1 - new', '1 x x', '1 x x', '2 in in', '1 gone -', '1 - late'])
})

test('a timeline beside itself is all the same', () => {
  const a = traceOf(bookshop())
  const rows = align(a, a)
  expect(rows.every((row) => row.a === row.b)).toBe(true)
  expect(rows.length).toBe(a.size)
  expect(changed(a, a, rows, 1)).toEqual([])
})

test('what changed is shown with what it is inside of, and nothing else', () => {
  const [a, b] = [traceOf(bookshop()), traceOf(bookshop(50_000))]
  const rows = changed(a, b, align(a, b), 1_000_000)
  expect(words(a, b, rows).at(-1)).toBe('4 SessionMiddleware process_request SessionMiddleware process_request')
  expect(rows.map(({ depth }) => depth)).toEqual([0, 1, 2, 3, 4])
  expect(selfChange(a, b, rows.at(-1) as Aligned)).toBe(50_000_000)
})

test('where only one has a client in front, the servers are compared', () => {
  const a = traceOf(bookshop())
  const b = rooted()
  expect(words(a, b, align(a, b))[0]).toBe('0 GET /books/<int:id>/ GET /')
})

test('100,000 children of one span are aligned', () => {
  const many = Array.from({ length: 100_000 }, (_, at) => view(`v${at % 7}`, at / 1000, at / 1000))
  const a = rooted(...many)
  expect(align(a, a).length).toBe(100_001)
})

test('phases come in the order of how much they changed, and the verdict names those that make up most of it', () => {
  const changes = phaseChanges({ view: '10', db: '100', gap: '5' }, { view: '200', db: '90', render: '30', gap: '5' })
  expect(changes.map(({ phase, change }) => [phase.id, change])).toEqual([
    ['view', 190],
    ['render', 30],
    ['db', -10],
    ['gap', 0],
  ])
  expect(mostly(changes, 210).map(({ phase }) => phase.id)).toEqual(['view'])
  expect(mostly(changes, 230).map(({ phase }) => phase.id)).toEqual(['view'])
  expect(mostly(changes, 250).map(({ phase }) => phase.id)).toEqual(['view', 'render'])
  expect(mostly(changes, -10).map(({ phase }) => phase.id)).toEqual(['db'])
})

test('typical is the one in the middle, and neither the compared one nor one in flight is offered', () => {
  const items = [
    summaryOf('5', { durationNs: '50' }),
    summaryOf('4', { durationNs: '900', inFlight: true }),
    summaryOf('3', { durationNs: '700' }),
    summaryOf('2', { durationNs: '60' }),
    summaryOf('1', { durationNs: '10' }),
  ]
  const found = choices(items, '1'.padStart(32, '0')).map(({ what, item }) => [what, item.durationNs])
  expect(found).toEqual([
    ['typical', '60'],
    ['slowest', '700'],
    ['fastest', '50'],
    ['last', '50'],
  ])
  expect(choices([], 'x')).toEqual([])
})
