import { expect, test } from 'vitest'
import { waterfall } from '../../src/cli/waterfall.ts'
import type { SpanJson } from '../../src/query/wire/timeline.ts'
import { BOOK_PAGE, timelineOf, type Sketch } from './timeline.ts'

test('a timeline is a page of text, 80 columns wide', () => {
  expect(`\n${waterfall(timelineOf(BOOK_PAGE, { warnings: { n_plus_one: 1 } })).join('\n')}\n`).toBe(`
GET https://localhost:8443/books/3/
200 · 20.000 ms · 19 spans · traffic, proxy, bookshop

                                         total ms  self ms █ itself ░ below
GET [traffic]                              20.000    0.000 ░░░░░░░░░░░░░░░░░░░░░
 wait for connection                        6.000    0.500 █░░░░░░
  DNS lookup localhost                      0.750    0.750 ▐▍
  socket connect 127.0.0.1:8443             0.250    0.250  ▏
  TLS client handshake localhost            4.500    4.500  ▐████▎
 send request                               0.100    0.100       ▏
 wait for response                         12.900    0.650       ▐░░░░░░░░░░░░░
  GET [proxy]                              12.250    1.250       ▕░░░░░░░░░░░░▊
   proxy wait                              11.000    1.000        ▐░░░░░░░░░░▉
    GET /books/<int:id>/ [bookshop]        10.000    1.000        ▕░░░░░░░░░░▍
     SessionMiddleware process_request      4.000    4.000         ▐███▋
     view book_detail                       4.000    2.750             ▐░░█▊
      SELECT review ×5                      1.250    1.250              ▐█▌
     render book.html ✗ TypeError           1.000    1.000                 ▕▉
 receive response                           1.000    1.000                     █

longest: TLS client handshake localhost, 4.500 ms (23 %)
tls 4.500 (23 %) · middleware.request 4.000 (20 %) · view 2.750 (14 %)
proxy 1.250 (6 %) · db 1.250 (6 %) · proxy.wait 1.000 (5 %)
gateway 1.000 (5 %) · 8 more 4.250 (21 %)
! the same query was repeated in one request (N+1): 1
`)
})

test.each([60, 80, 132, 200])('no line is longer than the terminal: %i columns', (width) => {
  const lines = waterfall(timelineOf(BOOK_PAGE, { warnings: { orphan: 2 } }), { width })
  expect(lines.filter((line) => Array.from(line).length > width)).toEqual([])
})

test('a middleware is blamed with all its hooks, many small queries of one name as one, and where the time is spread, nobody', () => {
  const children = (count: number, name: (at: number) => Partial<Sketch>): Sketch[] =>
    Array.from({ length: count }, (_, at) => ({ name: 'SELECT book', from: at * 2, to: at * 2 + 2, ...name(at) }))
  const said = (parts: Sketch[]): string[] =>
    waterfall(timelineOf({ name: 'GET', from: 0, to: parts.length * 2, children: parts })).filter((line) => / ms \(\d/.test(line))
  const hook = (at: number): Partial<Sketch> => ({
    name: `Session process_${at}`,
    attributes: { 'phaseline.middleware.name': 'Session' },
  })
  expect(said(children(2, hook))).toEqual(['mostly Session in 2 hooks, 4.000 ms (100 %)'])
  expect(said(children(20, () => ({})))).toEqual(['mostly SELECT book ×20, 40.000 ms (100 %)'])
  expect(said(children(6, (at) => ({ name: `SELECT ${at}` })))).toEqual([])
})

test('siblings alike are told apart if asked', () => {
  const lines = waterfall(timelineOf(BOOK_PAGE), { fold: false })
  expect(lines.filter((line) => line.includes('SELECT review'))).toHaveLength(5)
})

test('two siblings alike are too few to be one line', () => {
  const children = [1, 2].map((from) => ({ name: 'SELECT book', from, to: from + 1 }))
  const lines = waterfall(timelineOf({ name: 'GET', from: 0, to: 4, children }))
  expect(lines.filter((line) => line.includes('SELECT book'))).toHaveLength(2)
})

test('the digits after the point are as many as the whole needs', () => {
  const total = (to: number): string | undefined => waterfall(timelineOf({ name: 'GET', from: 0, to }))[4]?.split(/\s+/)[2]
  expect([total(1.5), total(150), total(1500)]).toEqual(['1.500', '150.00', '1500.0'])
})

test('what took minutes is told in seconds, and its columns do not touch', () => {
  const lines = waterfall(timelineOf({ name: 'POST /import/of/a/very/long/name/that/fills/its/column', from: 0, to: 7_800_000 }))
  expect(lines[1]).toBe('7800.0 s · 1 span · app')
  expect(lines[3]).toContain('total s   self s')
  expect(lines[4]).toMatch(/…\s+7800\.0\s+7800\.0 /)
  expect(lines.at(-1)).toBe('other 7800.0 (100 %)')
})

test('a name from somewhere else cannot move the cursor', () => {
  const [head, , , , line] = waterfall(timelineOf({ name: 'GET \u001b[2J\u009b\r\n', from: 0, to: 1 }))
  expect(`${head}${line}`).toContain('GET �[2J���')
  // eslint-disable-next-line no-control-regex -- these are what it is about
  expect(`${head}${line}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
})

test('colours are asked for, and change nothing but colours', () => {
  const plain = waterfall(timelineOf(BOOK_PAGE))
  const coloured = waterfall(timelineOf(BOOK_PAGE), { colour: true })
  expect(coloured.join('')).toContain('\u001b[31m')
  // eslint-disable-next-line no-control-regex -- the codes of colours
  expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(plain)
})

test('a timeline without a duration has bars that can be seen', () => {
  expect(waterfall(timelineOf({ name: 'GET', from: 0, to: 0 }))[4]).toMatch(/▏$/)
})

/** A request that failed in a query. */
const FAILED: Sketch = {
  name: 'POST /checkout',
  from: 0,
  to: 4,
  error: 'Error',
  attributes: { 'http.request.method': 'POST', 'http.response.status_code': 500 },
  children: [{ name: 'SELECT book', from: 1, to: 2, error: 'SqliteError' }],
}

test('a request that failed says where and why, and is called by its name where nobody said its URL', () => {
  const timeline = timelineOf(FAILED)
  const [root, query] = timeline.spans as [SpanJson, SpanJson]
  const lines = waterfall({ ...timeline, spans: [root, { ...query, statusMessage: 'no such table: book' }] })
  expect(lines[0]).toBe('POST /checkout')
  expect(lines).toContain('✗ failed in SELECT book: no such table: book')
})

test('an answer of 404 is no failure, and neither is what an app got over', () => {
  const found = (root: Sketch): string[] => waterfall(timelineOf(root)).filter((line) => line.includes('✗ failed'))
  expect(found({ ...FAILED, attributes: { 'http.response.status_code': 404 } })).toEqual([])
  expect(found(BOOK_PAGE)).toEqual([])
  expect(found(FAILED)).toEqual(['✗ failed in SELECT book'])
})

test('what a narrow terminal has no room for is broken, not cut', () => {
  const lines = waterfall(timelineOf(BOOK_PAGE, { warnings: { clock_skew: 2 } }), { width: 60 })
  expect(lines.slice(-2)).toEqual(['! spans moved, because the clocks of two machines', '  disagree: 2'])
  expect(lines[3]).toMatch(/self ms$/)
})
