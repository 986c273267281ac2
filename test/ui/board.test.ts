import { expect, test } from 'vitest'
import type { MiddlewareRowJson } from '../../src/query/wire/middleware.ts'
import { asBefore, boardOf, boardQuery, FIRST_BOARD, groupsOf, keyOf, sortedBy } from '../../src/ui/middleware/board.ts'
import { linePath } from '../../src/ui/line-path.ts'

function row(name: string, phase: string, more: Partial<MiddlewareRowJson> = {}): MiddlewareRowJson {
  return {
    service: 'shop',
    phase,
    name,
    hook: phase.replace('middleware.', 'process_'),
    calls: 10,
    errors: 0,
    p50Ns: '1000',
    p95Ns: '2000',
    p99Ns: '3000',
    share: 0.1,
    trend: [],
    alert: null,
    slowest: null,
    typical: null,
    ...more,
  }
}

const ROWS = [
  row('Session', 'middleware.response', { p95Ns: '9000' }),
  row('Csrf', 'middleware.view', { p95Ns: '5000', calls: 40 }),
  row('Session', 'middleware.request', { p95Ns: '100' }),
  row('Session', 'middleware.request', { service: 'other' }),
]

const names = (sort: Parameters<typeof groupsOf>[1]): string[] =>
  groupsOf(ROWS, sort).map(({ name, service }) => `${service} ${name}`)

test('the hooks of one middleware stay together, the way in before the way out', () => {
  const [session] = groupsOf(ROWS, FIRST_BOARD)
  expect(session?.rows.map(({ phase }) => phase)).toEqual(['middleware.request', 'middleware.response'])
})

test('a middleware is sorted by the largest of its hooks', () => {
  expect(names({ sort: 'p95', up: false })).toEqual(['shop Session', 'shop Csrf', 'other Session'])
  expect(names({ sort: 'calls', up: false })[0]).toBe('shop Csrf')
  expect(names({ sort: 'p95', up: true })[0]).toBe('other Session')
  expect(names({ sort: 'name', up: true })).toEqual(['shop Csrf', 'other Session', 'shop Session'])
})

test('under the pointer the order stays as it was, and what is new comes last', () => {
  const groups = groupsOf(ROWS, { sort: 'p95', up: false })
  const keys = groups.map(keyOf)
  expect(asBefore(groups, keys.toReversed()).map(keyOf)).toEqual(keys.toReversed())
  expect(asBefore(groups, keys.slice(1)).map(keyOf)).toEqual([...keys.slice(1), keys[0]])
})

test('pressing a head sorts by it, largest first, and pressing it again turns the order', () => {
  const once = sortedBy(FIRST_BOARD, 'p99')
  expect([once.sort, once.up]).toEqual(['p99', false])
  expect(sortedBy(once, 'p99').up).toBe(true)
  expect(sortedBy(once, 'name').up).toBe(true)
})

test('what the table shows is in the URL, and what is as always is not', () => {
  expect(boardQuery(FIRST_BOARD)).toBe('')
  const board = { ...FIRST_BOARD, phase: 'db', route: '/books/<int:id>/', sort: 'share' as const, up: true }
  expect(boardOf(new URLSearchParams(boardQuery(board)))).toEqual(board)
  expect(boardOf(new URLSearchParams('sort=nonsense')).sort).toBe('time')
})

test('a line is broken where nothing was called, and a moment alone is a dot', () => {
  const path = linePath(
    [1, null, 2, 3],
    (index) => index,
    (value) => value,
  )
  expect(path).toBe('M0.0 1.0L0.0 1.0M2.0 2.0L3.0 3.0')
})
