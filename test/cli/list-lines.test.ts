import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { duration, percent, quantile, sparkline } from '../../src/cli/figures.ts'
import { filterQuery, limitOf } from '../../src/cli/list-filter.ts'
import { listLines } from '../../src/cli/list-lines.ts'
import { summary } from './summaries.ts'

/** The day on which the summaries began. */
const now = new Date(1_795_225_669_218)
const withoutTime = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'hh:mm:ss'))

test('requests are a table of 80 columns', () => {
  const items = [
    summary(),
    summary({ name: 'GET', service: 'nginx', status: 304, durationNs: '850000', phases: { 'proxy.respond': '850000' } }),
    summary({ name: 'POST /orders/', status: 500, error: true, durationNs: '2512000000', warnings: { n_plus_one: 1 } }),
    summary({ name: `GET /${'long/'.repeat(20)}`, status: null, inFlight: true }),
  ]
  expect(withoutTime(listLines(items, { now }))).toEqual([
    'TRACE    TIME             TOOK REQUEST                       MOST OF IT',
    '0af76519 hh:mm:ss 200  10.0 ms GET /books/<int:id>/          db 62 %',
    '0af76519 hh:mm:ss 304   850 µs GET [nginx]                   proxy.respond 100 %',
    '0af76519 hh:mm:ss 500   2.51 s POST /orders/ (N+1)           db <1 %',
    '0af76519 hh:mm:ss ···  running GET /long/long/long/long/lon… db 62 %',
  ])
})

test('of another day than today the date is said', () => {
  const tomorrow = new Date(now.getTime() + 86_400_000)
  const date = `${now.getFullYear()}-${now.getMonth() + 1}-${now.getDate()}`
  expect(listLines([summary()], { now: tomorrow })[1]).toContain(`0af76519 ${date} 200  10.0 ms GET`)
})

test('an id of 64 bits is shown without the zeros before it', () => {
  expect(listLines([summary({ traceId: 'a03ee8fff1dcd9b9'.padStart(32, '0') })])[1]).toMatch(/^a03ee8ff /)
})

test('a wider terminal shows more of the names, a narrower one is taken as 60 columns', () => {
  const items = [summary({ name: `GET /${'long/'.repeat(20)}` })]
  for (const [width, expected] of [
    [200, 200],
    [80, 80],
    [20, 60],
  ] as const) {
    expect(Math.max(...listLines(items, { width }).map((line) => line.length))).toBeLessThanOrEqual(expected)
  }
  expect(listLines(items, { width: 200 })[1]).toContain('long/'.repeat(20))
})

test('where it is narrow, what takes most of a request gives way to its name', () => {
  const [heading, line] = listLines([summary({ phases: { 'middleware.response': '9999999' } })], { width: 60 })
  expect(heading).not.toContain('MOST OF IT')
  expect(line).toMatch(/ GET \/books\/<int:id>\/$/)
})

test('colours change nothing but colours', () => {
  const items = [summary(), summary({ error: true, status: 500 })]
  const coloured = listLines(items, { colour: true })
  expect(coloured).not.toEqual(listLines(items))
  expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(listLines(items))
})

test('a name that would command the terminal is shown, not obeyed', () => {
  expect(listLines([summary({ name: 'GET /\u001b[2J' })]).join('')).not.toContain('\u001b')
})

test('figures have three digits and fit in eight columns', () => {
  expect([0, 999, 1_000, 999_400, 999_600, 12_345_000, 999_990_000, 95_000_000_000].map(duration)).toEqual([
    '0.00 µs',
    '1.00 µs',
    '1.00 µs',
    '999 µs',
    '1.00 ms',
    '12.3 ms',
    '1.00 s',
    '95.0 s',
  ])
  expect([0, 0.001, 0.005, 0.994, 1].map(percent)).toEqual(['0 %', '<1 %', '1 %', '99 %', '100 %'])
})

test('a trend has its greatest value full, and a space where nothing was called', () => {
  expect(sparkline([9, null, 1, 2, 4, 8], 5)).toBe(' ▂▃▅█')
  expect(sparkline([0, 0], 5)).toBe('▁▁')
  expect(sparkline([], 5)).toBe('')
})

test('a quantile is one of the values, by nearest rank', () => {
  expect([0, 0.5, 0.95, 1].map((q) => quantile([1, 2, 3, 4], q))).toEqual([1, 2, 4, 4])
  expect(quantile([], 0.5)).toBeUndefined()
})

test('the options are the parameters of the API', () => {
  const query = filterQuery({
    service: 'shop',
    status: '5xx',
    min: '250us',
    max: '1.5s',
    error: true,
    skew: true,
    running: true,
    orphans: false,
    q: '',
  })
  expect(Object.fromEntries(query)).toEqual({
    service: 'shop',
    status: '5xx',
    minMs: '0.25',
    maxMs: '1500',
    error: '1',
    skew: '1',
    inFlight: '1',
  })
  expect(Object.fromEntries(filterQuery({ orphans: true, phase: 'db' }))).toEqual({ orphans: '1', phase: 'db' })
})

test.each(['fast', '-1', '1m', ''])('--min %j is wrong usage', (min) => {
  expect(() => filterQuery({ min })).toThrow(/--min takes a time/)
})

test.each(['0', '1501', 'all', '1.5'])('--limit %j is wrong usage', (limit) => {
  expect(() => limitOf(limit)).toThrow(/--limit takes/)
})
