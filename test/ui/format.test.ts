import { expect, test } from 'vitest'
import { bytes, count, duration, percent, plural, timeOfDay } from '../../src/ui/format.ts'

test.each([
  [0, '0 ms'],
  [1, '1 ns'],
  [999, '999 ns'],
  [1000, '1.00 µs'],
  [12_345, '12.3 µs'],
  [999_960, '1.00 ms'],
  [1_000_000, '1.00 ms'],
  [9_994_000, '9.99 ms'],
  [9_996_000, '10.0 ms'],
  [99_960_000, '100 ms'],
  [340_400_000, '340 ms'],
  [1_420_000_000, '1.42 s'],
  [119_000_000_000, '119 s'],
  [600_000_000_000, '10.0 min'],
  [7_300_000_000_000, '2.03 h'],
])('%d ns reads %s', (ns, text) => {
  expect(duration(ns)).toBe(text)
})

test('a share that is more than nothing never reads as nothing', () => {
  expect([0, 0.0001, 0.125, 1].map(percent)).toEqual(['0.0 %', '< 0.1 %', '12.5 %', '100.0 %'])
})

test('counts, sizes and plurals', () => {
  expect([count(1234567), bytes(999), bytes(1500), bytes(2.5e9)]).toEqual(['1,234,567', '999 B', '1.50 kB', '2.50 GB'])
  expect([plural(1, 'span'), plural(2000, 'span')]).toEqual(['1 span', '2,000 spans'])
})

test('the time of day has its milliseconds', () => {
  expect(timeOfDay('1795000000007999999')).toMatch(/^\d\d:\d\d:\d\d\.007$/)
})
