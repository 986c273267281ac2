import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneOrder, lanePieces } from '../../src/ui/timeline/lane-pieces.ts'
import { hooksOf, layers } from '../../src/ui/timeline/onion.ts'
import { reveal, rowOf, toggled, visibleRows } from '../../src/ui/timeline/rows.ts'
import { nextMatch, search } from '../../src/ui/timeline/search.ts'
import { ownSegments, segmentsBySpan } from '../../src/ui/timeline/segments.ts'
import { children } from '../../src/ui/timeline/trace.ts'
import { clamp, pan, position, ticks, zoom } from '../../src/ui/timeline/zoom.ts'
import { bookshop, type Part } from '../query/bookshop.ts'
import { spanNamed, traceOf } from './traces.ts'

const shop = traceOf(bookshop())
const names = (spans: Iterable<number>): string[] => [...spans].map((span) => shop.name(span))

test('children and subtrees are what the tree says', () => {
  expect(names(children(shop, spanNamed(shop, 'view book_detail')))).toEqual(['Book.get', 'Review.latest'])
  const gateway = spanNamed(shop, 'GET /books/<int:id>/')
  expect(names([shop.after[gateway] as number])).toEqual(['proxy respond'])
  expect(shop.depth[spanNamed(shop, 'SELECT book')]).toBe(6)
})

test('a collapsed span hides all below it and nothing else', () => {
  const view = spanNamed(shop, 'view book_detail')
  const rows = visibleRows(shop, new Set([view]))
  expect(rows).toHaveLength(shop.size - 4)
  expect(names(rows)).not.toContain('SELECT book')
  expect(visibleRows(shop, toggled(new Set([view]), view))).toHaveLength(shop.size)
  expect(visibleRows(shop, new Set([0]))).toEqual(Int32Array.of(0))
})

test('the row of a span is found; of a hidden one, the row that hides it', () => {
  const view = spanNamed(shop, 'view book_detail')
  const rows = visibleRows(shop, new Set([view]))
  expect(names([rows[rowOf(rows, spanNamed(shop, 'render book.html'))] as number])).toEqual(['render book.html'])
  expect(rows[rowOf(rows, spanNamed(shop, 'SELECT book'))]).toBe(view)
})

test('revealing a span opens what hides it and leaves the rest closed', () => {
  const model = spanNamed(shop, 'Book.get')
  const other = spanNamed(shop, 'Review.latest')
  const collapsed = new Set([0, model, other])
  expect([...reveal(shop, collapsed, spanNamed(shop, 'SELECT book'))]).toEqual([other])
  expect(reveal(shop, collapsed, 0)).toBe(collapsed)
})

test('own pieces of a span make up its self time', () => {
  for (let span = 0; span < shop.size; span++) {
    let own = 0
    ownSegments(shop, span, (start, end) => (own += end - start))
    expect(own).toBe(shop.self[span])
  }
})

test('own pieces never leave the span, whatever its children do', () => {
  const part = (from: number, to: number, inside: Part[] = []): Part => ({ phase: null, name: 'x', from, to, inside })
  const child = fc
    .tuple(fc.integer({ min: -50, max: 150 }), fc.integer({ min: 0, max: 80 }))
    .map(([from, long]) => part(from, from + long))
  fc.assert(
    fc.property(fc.array(child, { maxLength: 8 }), (inside) => {
      const trace = traceOf(part(-100, 300, [part(0, 100, inside)]))
      const span = trace.size > 1 ? 1 : 0
      let reached = trace.start[span] as number
      ownSegments(trace, span, (start, end) => {
        expect(start).toBeGreaterThanOrEqual(reached)
        expect(end).toBeGreaterThan(start)
        reached = end
      })
      expect(reached).toBeLessThanOrEqual((trace.start[span] as number) + (trace.duration[span] as number))
    }),
    { numRuns: 50 },
  )
})

test('each middleware is one layer: its way in joined to its way out, outer ones round inner ones', () => {
  const found = layers(shop, hooksOf(shop))
  expect(found.map(({ request, response, level }) => [...names([request, response]), level])).toEqual(
    ['Security', 'Session', 'Locale', 'Common', 'Csrf', 'Authentication', 'Messages'].map((name, level) => [
      `${name}Middleware process_request`,
      `${name}Middleware process_response`,
      level,
    ]),
  )
})

test('all hooks of one middleware belong together', () => {
  const hooks = hooksOf(shop)
  expect(names(hooks.get(spanNamed(shop, 'CsrfMiddleware process_view')) ?? [])).toEqual([
    'CsrfMiddleware process_request',
    'CsrfMiddleware process_view',
    'CsrfMiddleware process_response',
  ])
})

test('lanes follow the way of the request', () => {
  expect(laneOrder(shop).map((lane) => shop.lanes[lane])).toEqual([
    { kind: 'client', name: 'traffic' },
    { kind: 'proxy', name: 'edge' },
    { kind: 'app', name: 'bookshop' },
    { kind: 'database', name: 'sqlite' },
  ])
})

test('an app that calls another follows itself, and is not taken for the client', () => {
  const lanes = [
    { kind: 'client', name: 'traffic' },
    { kind: 'proxy', name: 'edge' },
    { kind: 'app', name: 'bookshop' },
    { kind: 'client', name: 'bookshop' },
    { kind: 'app', name: 'reviews' },
  ] as const
  expect(laneOrder({ lanes })).toEqual([0, 1, 2, 3, 4])
  expect(laneOrder({ lanes: [{ kind: 'client', name: 'one' }, lanes[2], { kind: 'app', name: 'one' }] })).toEqual([0, 1, 2])
})

test('every span with a time of its own is painted in its lane, and a picture of few pixels has few pieces', () => {
  const painted = new Set(lanePieces(shop, 0).flatMap((pieces) => pieces.map(([, , span]) => span)))
  expect(painted.size).toBe(shop.size)
  const coarse = lanePieces(shop, shop.total / 50)
  expect(Math.max(...coarse.map((pieces) => pieces.length))).toBeLessThan(51)
})

test('a span without duration is painted too', () => {
  const trace = traceOf({ phase: 'view', name: 'v', from: 0, to: 10, inside: [{ phase: 'db', name: 'q', from: 5, to: 5 }] })
  expect(
    lanePieces(trace, 0)
      .flat()
      .map(([start, end, span]) => [trace.name(span), end - start, start]),
  ).toContainEqual(['q', 0, 5000])
})

test('a search finds names, phases, services and ids, in order, and goes round', () => {
  const found = search(shop, 'csrf')
  expect(names(found)).toHaveLength(3)
  expect(nextMatch(found, -1, 1)).toBe(found[0])
  expect(nextMatch(found, found[2] as number, 1)).toBe(found[0])
  expect(nextMatch(found, found[0] as number, -1)).toBe(found[2])
  expect(names(search(shop, shop.spanId(3)))).toEqual([shop.name(3)])
  expect(search(shop, '  ')).toEqual([])
  expect(nextMatch([], 0, 1)).toBeUndefined()
})

test('triplets of differences are grouped by span', () => {
  expect([...segmentsBySpan([1, 10, 10, 1, -20, 5, -1, 25, 10])]).toEqual([
    [
      1,
      [
        [10, 20],
        [30, 40],
      ],
    ],
    [2, [[0, 5]]],
  ])
})

test('zooming keeps the time under the pointer where it is, inside the timeline', () => {
  const range = zoom({ from: 0, to: 1000 }, 1000, 0.5, 250)
  expect(range).toEqual({ from: 125, to: 625 })
  expect(position(range, 250)).toBe(0.25)
  expect(zoom(range, 1000, 100)).toEqual({ from: 0, to: 1000 })
  expect(zoom({ from: 0, to: 1000 }, 1000, 1e-9, 500)).toEqual({ from: 450, to: 550 })
})

test('panning stops at the ends', () => {
  expect(pan({ from: 0, to: 500 }, 1000, -1)).toEqual({ from: 0, to: 500 })
  expect(pan({ from: 0, to: 500 }, 1000, 5)).toEqual({ from: 500, to: 1000 })
  expect(clamp({ from: -5, to: 5 }, 3)).toEqual({ from: 0, to: 3 })
})

test('where minutes and hours are drawn, ticks are parts of an hour or of a day', () => {
  const minutes = (width: number): number[] => ticks({ from: 0, to: width * 60e9 }, 6).map((at) => at / 60e9)
  expect(minutes(18.6)).toEqual([0, 5, 10, 15])
  expect(minutes(3)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3])
  expect(minutes(200)).toEqual([0, 60, 120, 180])
  expect(minutes(100 * 1440).length).toBeLessThan(8)
})

test('ticks are round, inside the range, and no more than asked for', () => {
  expect(ticks({ from: 0, to: 31_600_000 }, 8)).toEqual([0, 5e6, 10e6, 15e6, 20e6, 25e6, 30e6])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.double({ min: 1, max: 1e12, noNaN: true }), (from, width) => {
      const found = ticks({ from, to: from + width }, 8)
      expect(found.length).toBeLessThanOrEqual(9)
      for (const at of found) expect(at >= from - width * 1e-6 && at <= from + width * (1 + 1e-6)).toBe(true)
    }),
  )
  expect(ticks({ from: 5, to: 5 }, 8)).toEqual([])
})
