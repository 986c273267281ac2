import { expect, test } from 'vitest'
import { pressed, within, type Selection } from '../../src/ui/requests/selection.ts'

/** What keys make of nothing; `S+` is with Shift. */
function after(...keys: string[]): Selection | undefined {
  return keys.reduce<Selection | undefined>((now, key) => pressed(now, key.replace('S+', ''), key.startsWith('S+')), undefined)
}

test('the first arrow selects the latest quarter, however long it took', () => {
  expect(after('ArrowLeft')).toEqual({ left: 0.75, right: 1, top: 0, bottom: 1 })
})

test('left and right move in time and stop at the edges with their width kept', () => {
  expect(after('ArrowLeft', 'ArrowLeft')).toEqual({ left: 0.7, right: 0.95, top: 0, bottom: 1 })
  expect(after('ArrowLeft', 'ArrowRight')).toEqual({ left: 0.75, right: 1, top: 0, bottom: 1 })
  expect(after('ArrowLeft', ...Array<string>(30).fill('ArrowLeft'))).toEqual({ left: 0, right: 0.25, top: 0, bottom: 1 })
})

test('up and down set the shortest duration; with Shift it is the latest time and the longest duration', () => {
  expect(after('ArrowLeft', 'ArrowUp')).toMatchObject({ bottom: 0.95 })
  expect(after('ArrowLeft', 'S+ArrowDown')).toMatchObject({ top: 0.05, bottom: 1 })
  expect(after('ArrowLeft', 'S+ArrowLeft')).toMatchObject({ left: 0.75, right: 0.95 })
})

test('something stays selected', () => {
  const small = after('ArrowLeft', ...Array<string>(30).fill('S+ArrowLeft'), ...Array<string>(30).fill('ArrowUp'))
  expect(small).toEqual({ left: 0.75, right: 0.8, top: 0, bottom: 0.05 })
  expect(within(small as Selection, { x: 0.78, y: 0.01 })).toBe(true)
  expect(within(small as Selection, { x: 0.78, y: 0.5 })).toBe(false)
})

test('other keys mean nothing', () => {
  expect(after('Enter')).toBeUndefined()
  expect(pressed(after('ArrowLeft'), 'a', false)).toBeUndefined()
})
