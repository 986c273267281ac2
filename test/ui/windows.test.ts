import { expect, test } from 'vitest'
import { FIRST_WINDOWS, windowsFrom } from '../../src/ui/windows/windows.ts'

const NOW = 1_795_000_000_000
const of = { service: 'shop', route: '/books/' }

test('a time with both ends stays where it is; one without an end goes along; none is the last minutes', () => {
  const [from, to] = [`${NOW - 600_000}000000`, `${NOW}000000`]
  expect(windowsFrom({ ...of, from, to }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of, from, to })
  expect(windowsFrom({ ...of, from, to: '' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of, lastMs: '600000' })
  expect(windowsFrom({ ...of, from: '', to: '' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of })
  expect(windowsFrom({ ...of, from: 'x', to: 'y' }, NOW)).toEqual({ ...FIRST_WINDOWS, ...of })
})
