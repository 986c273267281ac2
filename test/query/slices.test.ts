import { afterEach, expect, test, vi } from 'vitest'
import { listInSlices, turns } from '../../src/query/slices.ts'

afterEach(() => vi.restoreAllMocks())

async function* numbers(count: number): AsyncGenerator<string> {
  for (let number = 1; number <= count; number++) yield String(number)
}

/** Each look at the clock is so many ms after the one before. */
function clock(step: number): void {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += step))
}

async function pieces(all: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = []
  for await (const piece of all) list.push(piece)
  return list
}

const listed = (count: number): AsyncGenerator<string> => listInSlices(numbers(count), '{"all":', (total) => `,"total":${total}}`)

test.each([
  [0, '{"all":[],"total":0}'],
  [1, '{"all":[1],"total":1}'],
  [3, '{"all":[1,2,3],"total":3}'],
])('a list of %i is the same JSON, however it is cut', async (count, whole) => {
  for (const step of [0, 4, 100]) {
    clock(step)
    expect((await pieces(listed(count))).join('')).toBe(whole)
  }
})

test('a list is written in one piece if that takes no longer than a slice, else in several, and others get their turn', async () => {
  clock(0)
  expect(await pieces(listed(50))).toHaveLength(1)
  clock(100)
  let others = 0
  const other = (): void => void (others++, (timer = setImmediate(other)))
  let timer = setImmediate(other)
  expect((await pieces(listed(50))).length).toBeGreaterThan(40)
  clearImmediate(timer)
  expect(others).toBeGreaterThan(40)
})

test('work takes turns only where its slice is over', async () => {
  clock(0)
  expect(turns()()).toBeUndefined()
  clock(100)
  expect(turns()()).toBeInstanceOf(Promise)
})
