import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { topFrame, type TopData, type TopView } from '../../src/cli/top-frame.ts'
import { live } from '../../src/cli/top-live.ts'
import { middleware, summary } from './summaries.ts'

const DATA: TopData = {
  windowMs: 900_000,
  middlewares: [
    middleware(),
    middleware({ hook: 'process_response', p95Ns: '226000', calls: 999, errors: 3, share: 0.001, alert: 'firing' }),
    middleware({ name: 'MessageMiddleware', hook: 'process_template_response', p95Ns: '75000000', calls: 5, alert: 'pending' }),
    middleware({ name: 'rateLimit', hook: '', p95Ns: '1000', calls: 1 }),
  ],
  requests: [
    ...Array.from({ length: 19 }, () => summary()),
    summary({ durationNs: '500000000', error: true, status: 500 }),
    summary({ name: 'GET /', durationNs: '1000000000' }),
    summary({ name: 'GET /hanging', inFlight: true }),
  ],
}
const VIEW: TopView = { sort: 'p95', width: 80, colour: false, now: new Date(2026, 10, 21, 2, 3, 4) }

test('one picture has the middlewares by their own time, then the routes by their whole time, in 80 columns', () => {
  expect(topFrame(DATA, VIEW)).toEqual([
    'phaseline top  last 15 min · newest requests: 22 · by p95               02:03:04',
    '',
    'MIDDLEWARE, self time            CALLS  ERR      P50     P95▾  SHARE TREND',
    '? MessageMiddleware template         5    ·   160 µs  75.0 ms   12 %  ▂▅█',
    'SessionMiddleware request        12.3k    ·   160 µs  1.51 ms   12 %  ▂▅█',
    '! SessionMiddleware response       999    3   160 µs   226 µs   <1 %  ▂▅█',
    'rateLimit                            1    ·   160 µs  1.00 µs   12 %  ▂▅█',
    '',
    'ROUTE, whole request                     CALLS  ERR      P50     P95▾ MOST OF IT',
    'GET /                                        1    ·   1.00 s   1.00 s db 1 %',
    'GET /books/<int:id>/                        20    1  10.0 ms  10.0 ms db 18 %',
  ])
})

test.each([
  ['p50', 'MessageMiddleware', 'GET /'],
  ['calls', 'SessionMiddleware request', 'GET /books/<int:id>/'],
  ['errors', '! SessionMiddleware response', 'GET /books/<int:id>/'],
  ['name', '? MessageMiddleware template', 'GET /'],
] as const)('by %s, %s comes first, and %s', (sort, first, route) => {
  const data = { ...DATA, middlewares: DATA.middlewares.map((row, at) => ({ ...row, p50Ns: String(at === 2 ? 9e9 : at) })) }
  const lines = topFrame(data, { ...VIEW, sort })
  expect(lines[3]).toContain(first)
  expect(lines[9]).toMatch(new RegExp(`^${route.replace(/[/<>]/g, '\\$&')} `))
})

test.each([8, 10, 12, 24, 60])('it fits in %d lines', (height) => {
  const many = { ...DATA, middlewares: Array.from({ length: 50 }, () => middleware()) }
  const lines = topFrame(many, { ...VIEW, height })
  expect(lines.length).toBeLessThanOrEqual(height)
  expect(lines.at(-1)).toContain('GET /')
  expect(topFrame({ ...DATA, middlewares: [], requests: [] }, { ...VIEW, height }).length).toBeLessThanOrEqual(height)
})

test('nothing yet, and nobody who answers, are said', () => {
  const lines = topFrame({ windowMs: 900_000, middlewares: [], requests: [] }, { ...VIEW, trouble: 'nothing answers' })
  expect(lines[0]).toContain('nothing answers')
  expect(lines.filter((line) => line === '(none yet)')).toHaveLength(2)
})

test('colours change nothing but colours', () => {
  const coloured = topFrame(DATA, { ...VIEW, colour: true })
  expect(coloured).not.toEqual(topFrame(DATA, VIEW))
  expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(topFrame(DATA, VIEW))
})

test('a key orders the rows anew, q ends it, and the terminal is as before', async () => {
  const raw: boolean[] = []
  const stdin = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => (raw.push(mode), stdin) })
  const drawn: string[] = []
  const news = new EventEmitter()
  const write = (text: string): boolean => (drawn.push(text), news.emit('drawn'))
  const stdout = Object.assign(new EventEmitter(), { rows: 24, write })
  const first = once(news, 'drawn')
  const ended = live(() => Promise.resolve(DATA), 'p95', { stdin, stdout } as unknown as Parameters<typeof live>[2])
  await first
  const again = once(news, 'drawn')
  stdin.write('c')
  await again
  expect(drawn.at(-1)).toContain('CALLS▾')
  stdin.write('q')
  expect(await ended).toBe(0)
  expect([drawn[0], drawn.at(-1), raw]).toEqual(['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l', [true, false]])
})

const TWO: TopData = {
  ...DATA,
  middlewares: [
    middleware({ name: 'AuthenticationMiddleware' }),
    middleware({ service: 'reviews', name: 'rateLimit', hook: '', p95Ns: '1' }),
  ],
  requests: [
    summary({ phases: { 'middleware.template_response': '10000000' } }),
    summary({ service: 'reviews', durationNs: '1000000' }),
    summary({ service: 'reviews', name: 'GET /stars/', durationNs: '1000' }),
  ],
}

test('with more than one service it says whose a middleware is, and a route that two have; most of it is not cut', () => {
  expect(topFrame(TWO, VIEW).slice(2)).toEqual([
    'MIDDLEWARE, self time         SERVICE  CALLS  ERR      P50     P95▾  SHARE TREND',
    'Authentication request        shop     12.3k    ·   160 µs  1.51 ms   12 %  ▂▅█',
    'rateLimit                     reviews  12.3k    ·   160 µs  0.00 µs   12 %  ▂▅█',
    '',
    'ROUTE, whole request      CALLS  ERR      P50     P95▾ MOST OF IT',
    'shop: GET /books/<int:i…      1    ·  10.0 ms  10.0 ms middleware.template 100 %',
    'reviews: GET /books/<in…      1    ·  1.00 ms  1.00 ms db 620 %',
    'GET /stars/                   1    ·  1.00 µs  1.00 µs db 620000 %',
  ])
})

test.each([60, 80, 96, 110, 200])('no line is longer than %d columns', (width) => {
  for (const line of topFrame(TWO, { ...VIEW, width })) expect(line.length).toBeLessThanOrEqual(width)
})
