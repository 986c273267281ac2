import { afterEach, expect, test } from 'vitest'
import { beforeEnd } from '../../src/agent/process-end.ts'
import { now } from '../../src/model/clock.ts'

let undo = (): void => {}

afterEach(() => undo())

/** What Node does when nothing is left to be done: only ours of the listeners, the others are the test runner's. */
async function drained(before: readonly unknown[]): Promise<void> {
  const [listener] = process.listeners('beforeExit').filter((each) => !before.includes(each))
  listener?.call(process, 0)
  await Promise.resolve()
  await Promise.resolve()
}

test('however often the end of the process is announced, all the sendings together hold it up for so long at most', async () => {
  const before = process.listeners('beforeExit')
  const given: number[] = []
  const flush = (timeout: number): Promise<void> => {
    given.push(timeout)
    const until = now() + 20
    while (now() < until);
    return Promise.resolve()
  }
  undo = beforeEnd(flush, () => {}, 30)
  await drained(before)
  expect(given).toEqual([30])
  for (let i = 0; i < 5; i++) await drained(before)
  expect(given.length).toBeLessThanOrEqual(2)
  expect(given[1] ?? 0).toBeLessThanOrEqual(10)
})
