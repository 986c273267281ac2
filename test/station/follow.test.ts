import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogFollower } from '../../src/station/follow.ts'

let folder: string
let log: string
let lines: string[]
let follower: LogFollower

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phaseline-follow-'))
  log = join(folder, 'access.log')
  lines = []
  follower = new LogFollower(log, (told) => lines.push(...told))
})
afterEach(async () => {
  await follower.close()
  rmSync(folder, { recursive: true })
})

test('a log that is there is read from its end', async () => {
  writeFileSync(log, 'old\n')
  await follower.look()
  appendFileSync(log, 'new\n')
  await follower.look()
  expect(lines).toEqual(['new'])
})

test('a log that comes later is read from its beginning', async () => {
  await follower.look()
  writeFileSync(log, 'first\n')
  await follower.look()
  expect(lines).toEqual(['first'])
})

test('half a line waits for its other half', async () => {
  await follower.look()
  const bytes = Buffer.from('a line of “quotes”\n')
  for (const byte of bytes) {
    appendFileSync(log, Buffer.from([byte]))
    await follower.look()
  }
  expect([lines, follower.broken]).toEqual([['a line of “quotes”'], 0])
})

test('what is written to a renamed log is read still, and then what is in the new one', async () => {
  writeFileSync(log, '')
  await follower.look()
  appendFileSync(log, 'one\n')
  renameSync(log, `${log}.1`)
  await follower.look()
  writeFileSync(log, 'three\n')
  appendFileSync(`${log}.1`, 'two\n')
  await follower.look()
  // nginx writes to the old one until it is told to open its log anew.
  appendFileSync(`${log}.1`, 'late\n')
  await follower.look()
  expect(lines).toEqual(['one', 'two', 'three', 'late'])
})

test('a renamed log that stays quiet is let go, and counts what it had begun', async () => {
  writeFileSync(log, '')
  await follower.look()
  appendFileSync(log, 'half')
  renameSync(log, `${log}.1`)
  writeFileSync(log, '')
  for (let looks = 0; looks < 45; looks++) await follower.look()
  appendFileSync(`${log}.1`, ' a line\n')
  await follower.look()
  expect([lines, follower.broken]).toEqual([[], 1])
})

test('a truncated log is read from its beginning, and what was cut off is counted', async () => {
  writeFileSync(log, 'x'.repeat(100))
  await follower.look()
  appendFileSync(log, 'cut off')
  await follower.look()
  truncateSync(log)
  appendFileSync(log, 'after\n')
  await follower.look()
  expect([lines, follower.broken]).toEqual([['after'], 1])
})

test('a log that is deleted and comes again is read on', async () => {
  writeFileSync(log, '')
  await follower.look()
  appendFileSync(log, 'one\n')
  unlinkSync(log)
  await follower.look()
  writeFileSync(log, 'two\n')
  await follower.look()
  expect(lines).toEqual(['one', 'two'])
})

test('a line longer than a mebibyte is counted and not kept, and the next one is read', async () => {
  await follower.look()
  writeFileSync(log, `${'x'.repeat(3_000_000)}\nnext\n`)
  await follower.look()
  expect([lines, follower.broken]).toEqual([['next'], 1])
})

test('a log that may not be read is an error of the file system, and is read once it may', async () => {
  const other = new LogFollower(folder, (told) => lines.push(...told))
  await expect(other.look()).rejects.toThrow('EISDIR')
  await other.close()
})
