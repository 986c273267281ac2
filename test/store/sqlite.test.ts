import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import type { Store } from '../../src/store/contract.ts'
import { lockFolder } from '../../src/store/sqlite-lock.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { storeContract } from './contract.ts'
import { read, spansOf, START, stored, traceId } from './traces.ts'

const root = mkdtempSync(join(tmpdir(), 'phaseline-store-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let number = 0
const fresh = (): string => join(root, `store-${++number}`, 'timelines.db')
const open = (path: string, warn: (sentence: string) => void = () => {}): Store => openSqlite({ path, read, warn })

storeContract('SQLite in a file', () => Promise.resolve(open(fresh())))
storeContract('SQLite in memory', () => Promise.resolve(open(':memory:')))

test('everything is there after it was closed and opened', async () => {
  const path = fresh()
  const first = open(path)
  await first.put(Array.from({ length: 1_100 }, (_, index) => stored(spansOf(index + 1, [{ attributes: { mod: index % 2 } }]))))
  await first.close()
  const second = open(path)
  expect(await second.stats()).toMatchObject({ traces: 1_100, spans: 1_100 })
  expect((await second.search({ attributes: { mod: '1' }, limit: 1_500 })).items).toHaveLength(550)
  await second.put([stored(spansOf(2_000, [{}]))])
  expect((await second.search({ limit: 1 })).items[0]?.traceId).toBe(traceId(2_000))
  await second.close()
})

test('what was put is there for another process that opens the files as they are', async () => {
  const path = fresh()
  const store = open(path)
  await store.put([stored(spansOf(1, [{ name: 'kept' }]))])
  const copy = join(root, 'copy.db')
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix)
  const other = open(copy)
  expect((await other.search({ operation: 'kept' })).items).toHaveLength(1)
  await other.close()
  await store.close()
})

test.each<[string, (path: string) => void]>([
  ['no database', (path) => writeFileSync(path, 'this is no database at all, however long it may be'.repeat(100))],
  ['cut', (path) => truncateSync(path, 5_000)],
])('a file that is %s is moved aside with a sentence, and a new one made', async (_what, damage) => {
  const path = fresh()
  const first = open(path)
  await first.put(Array.from({ length: 200 }, (_, index) => stored(spansOf(index + 1, [{}]))))
  await first.close()
  damage(path)
  const said: string[] = []
  const second = open(path, (sentence) => said.push(sentence))
  expect(said).toEqual([expect.stringContaining('is damaged')])
  await second.put([stored(spansOf(1, [{}]))])
  expect(await second.stats()).toMatchObject({ traces: 1 })
  expect(readdirSync(join(path, '..')).some((name) => name.includes('.damaged-'))).toBe(true)
  await second.close()
})

test('a database of the first schema is opened, searched by time and written to', async () => {
  const path = fresh()
  const first = open(path)
  await first.put(Array.from({ length: 1_100 }, (_, index) => stored(spansOf(index + 1, [{}]))))
  await first.close()
  const database = new DatabaseSync(path)
  database.exec('DROP TABLE bounds; DROP TABLE names; PRAGMA user_version = 1')
  database.close()
  const second = open(path)
  await second.put(Array.from({ length: 1_100 }, (_, index) => stored(spansOf(index + 2_000, [{}]))))
  expect((await second.search({ from: 0n, maxDurationNs: 10n ** 12n, limit: 1_500 })).items).toHaveLength(1_500)
  expect((await second.search({ to: 1n })).items).toEqual([])
  expect((await second.search({ text: 'ooks', limit: 1_500, to: START + 1n })).items).toHaveLength(1_500)
  await second.close()
})

test('a database of a newer Phaseline is refused and left as it is', async () => {
  const path = fresh()
  await open(path).close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'newer_schema' }))
  expect(readdirSync(join(path, '..')).filter((name) => name.includes('damaged'))).toEqual([])
})

test('a database of something else is refused and left as it is', () => {
  const path = join(root, 'other.db')
  const database = new DatabaseSync(path)
  database.exec('CREATE TABLE somebody (x)')
  database.close()
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'not_ours' }))
})

test('a folder is one process’s alone until it gives it back', () => {
  const folder = join(root, 'locked')
  const unlock = lockFolder(folder)
  expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'data_in_use' }))
  unlock()
  lockFolder(folder)()
})

test('a folder that cannot be one, or be written to, is said so', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  const folder = join(root, 'unwritable')
  mkdirSync(join(folder, 'lock'), { recursive: true })
  for (const place of [file, join(file, 'below'), folder]) {
    expect(() => lockFolder(place)).toThrow(
      expect.objectContaining({ code: 'data_unusable', message: expect.stringContaining(`nothing can be kept in ${place} (`) }),
    )
  }
})

test('retention removes whole blocks of what can be searched, and the file gets smaller', async () => {
  const path = fresh()
  const store = open(path)
  await store.put(Array.from({ length: 3_000 }, (_, index) => stored(spansOf(index + 1, [{ attributes: { one: `v${index}` } }]))))
  const before = (await store.stats()).bytes
  await store.retain({ maxAgeMs: 0 }, Date.now() + 1)
  expect((await store.search({ attributes: { one: 'v1' } })).items).toEqual([])
  expect((await store.stats()).bytes).toBeLessThan(before / 4)
  await store.close()
})
