import { expect, test } from 'vitest'
import { FIRST_WINDOWS, windowsFrom, windowsOf, windowsQuery, windowsSince } from '../../src/ui/windows/windows.ts'

const NOW = 1_795_000_000_000
const of = { service: 'shop', route: '/books/' }

test('a time with both ends stays where it is; one without an end goes along; none is the last minutes', () => {
  const [from, to] = [`${NOW - 600_000}000000`, `${NOW}000000`]
  expect(windowsFrom({ ...of, from, to }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of, from, to })
  expect(windowsFrom({ ...of, from, to: '' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of, lastMs: '600000' })
  expect(windowsFrom({ ...of, from: '', to: '' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of })
  expect(windowsFrom({ ...of, from: 'x', to: 'y' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of })
})

test('what went over a threshold is compared since then with as long before, a quarter of an hour at most', () => {
  const who = { ...of, name: 'SessionMiddleware' }
  const since = new Date(NOW - 120_000).toISOString()
  expect(windowsSince(who, since, NOW)).toEqual({
    ...FIRST_WINDOWS,
    ...who,
    from: `${NOW - 120_000}000000`,
    to: `${NOW}000000`,
  })
  const long = windowsSince(who, new Date(NOW - 86_400_000).toISOString(), NOW)
  expect(Number(BigInt(long.to) - BigInt(long.from))).toBe(900e9)
  expect(windowsSince(who, null, NOW)).toEqual({ ...FIRST_WINDOWS, ...who })
})

test('the name to look at stays in the URL', () => {
  const windows = { ...FIRST_WINDOWS, name: 'SessionMiddleware' }
  expect(windowsOf(new URLSearchParams(windowsQuery(windows)))).toEqual(windows)
})
