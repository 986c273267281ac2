import { expect, test } from 'vitest'
import { bar } from '../../src/cli/bar.ts'

test('a bar is where its span is', () => {
  expect(bar({ from: 0, to: 1 }, [], 8)).toBe('████████')
  expect(bar({ from: 0.25, to: 0.5 }, [], 8)).toBe('  ██    ')
})

test('its right edge is drawn to an eighth, its left edge to a half', () => {
  expect(bar({ from: 0, to: 3 / 16 }, [], 8)).toBe('█▌      ')
  expect(bar({ from: 1 / 16, to: 0.25 }, [], 8)).toBe('▐█      ')
})

test('where its children work it is lighter', () => {
  expect(bar({ from: 0, to: 1 }, [{ from: 0.25, to: 0.75 }], 8)).toBe('██░░░░██')
})

test('what is too short for a column is still seen, inside the bar’s columns', () => {
  expect(bar({ from: 0.5, to: 0.5 }, [], 8)).toBe('    ▏   ')
  expect(bar({ from: 1, to: 1 }, [], 8)).toBe('       ▏')
})
