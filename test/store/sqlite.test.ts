import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test, vi } from 'vitest'
import type { Store, StoredTrace } from '../../src/store/contract.ts'
import { lockFolder } from '../../src/store/sqlite/lock.ts'
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
  database.exec(
    'DROP TABLE bounds; DROP TABLE names; DROP TABLE total; DROP TABLE filling; DROP TABLE sieve; PRAGMA user_version = 1',
  )
  database.close()
  const second = open(path)
  await second.put(Array.from({ length: 1_100 }, (_, index) => stored(spansOf(index + 2_000, [{}]))))
  expect(await second.stats()).toMatchObject({ traces: 2_200, spans: 2_200 })
  expect((await second.search({ from: 0n, maxDurationNs: 10n ** 12n, limit: 1_500 })).items).toHaveLength(1_500)
  expect((await second.search({ to: 1n })).items).toEqual([])
  expect((await second.search({ text: 'ooks', limit: 1_500, to: START + 1n })).items).toHaveLength(1_500)
  await second.close()
})

test('lines of lists that an older version wrote are read: what was received is not in them', async () => {
  const path = fresh()
  const trace = stored(spansOf(1, [{ failed: true }, { parent: 9, service: 'other' }]))
  const first = open(path)
  await first.put([trace])
  await first.close()
  const database = new DatabaseSync(path)
  database.exec("UPDATE trace SET summary = CAST(x'01' || substr(summary, 2) AS BLOB)")
  database.close()
  const second = open(path)
  const { received, ...older } = trace.summary
  expect((await second.search({})).items).toStrictEqual([older])
  await second.put([trace])
  expect((await second.search({})).items).toStrictEqual([{ ...older, received }])
  await second.close()
})

/** Opens it, and counts the traces that are stitched again for that. */
function reopened(path: string): { store: Store; readAgain: number } {
  let readAgain = 0
  const store = openSqlite({ path, read: (otlp) => (readAgain++, read(otlp)) })
  return { store, readAgain }
}

/** The files as a process that was killed leaves them. */
function killed(path: string): string {
  const copy = fresh()
  mkdirSync(join(copy, '..'))
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix)
  return copy
}

const numbered = (number: number, spanCount = 1): StoredTrace => {
  const trace = stored(spansOf(number, [{ attributes: { one: `v${number}`, odd: number % 2 } }]))
  return { ...trace, summary: { ...trace.summary, spanCount } }
}

test('opening reads no trace again that was there when the store was closed, however many spans it has', async () => {
  const path = fresh()
  let store = open(path)
  await store.put([1, 2, 3].map((number) => numbered(number)))
  await store.close()
  for (let last = 4; last < 10; last++) {
    const next = reopened(path)
    expect(next.readAgain).toBe(0)
    store = next.store
    await store.put([numbered(last), stored(spansOf(1, [{ attributes: { late: `v${last}` } }]))])
    expect((await store.search({ attributes: { odd: '0' } })).items).toHaveLength(Math.floor(last / 2))
    await store.close()
  }
  store = open(path)
  for (const one of [2, 4, 9]) expect((await store.search({ attributes: { one: `v${one}` } })).items).toHaveLength(1)
  for (const late of [4, 9]) expect((await store.search({ attributes: { late: `v${late}` } })).items).toHaveLength(1)
  await store.close()
})

test('what came late to a block that was full is found after it was opened again, too', async () => {
  const path = fresh()
  let store = open(path)
  await store.put(Array.from({ length: 1_100 }, (_, index) => numbered(index + 1)))
  const late = stored(spansOf(2, [{ attributes: { late: 'yes' } }]))
  const bad = { ...numbered(3), otlp: late.otlp, summary: { ...late.summary, start: null as unknown as bigint } }
  await expect(store.put([late, bad])).rejects.toThrow()
  await store.put([late])
  await store.close()
  store = open(path)
  expect((await store.search({ attributes: { late: 'yes' } })).items.map((item) => item.traceId)).toEqual([traceId(2)])
  expect((await store.search({ attributes: { late: 'no' } })).items).toEqual([])
  await store.close()
})

test('after a kill little is read again: blocks of large traces are saved while they are being filled', async () => {
  const path = fresh()
  const first = open(path)
  for (let number = 1; number <= 7; number++) await first.put([numbered(number, 40_000)])
  await first.put([{ ...stored(spansOf(2, [{ attributes: { late: 'yes' } }])) }])
  const { store, readAgain } = reopened(killed(path))
  expect(readAgain).toBe(1)
  expect((await store.search({ attributes: { odd: '1' } })).items).toHaveLength(4)
  expect((await store.search({ attributes: { late: 'yes' } })).items).toHaveLength(1)
  expect((await store.search({ attributes: { one: 'v7' } })).items).toHaveLength(1)
  await store.close()
  await first.close()
})

test('numbers of rows that are gone are given again, and nothing is found by what those had', async () => {
  const path = fresh()
  let store = open(path)
  await store.put([1, 2, 3].map((number) => numbered(number)))
  await store.retain({ maxAgeMs: 0 }, Date.now() + 1)
  await store.close()
  store = open(path)
  await store.put([11, 12, 13, 14].map((number) => numbered(number)))
  const other = reopened(killed(path))
  expect(other.readAgain).toBe(4)
  for (const each of [store, other.store]) {
    expect((await each.search({ attributes: { one: 'v2' } })).items).toEqual([])
    expect((await each.search({ attributes: { odd: '0' } })).items).toHaveLength(2)
    await each.close()
  }
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

test('retention takes turns with all others, and ends where the store is closed', async () => {
  const path = fresh()
  const store = open(path)
  await store.put(Array.from({ length: 500 }, (_, index) => numbered(index + 1)))
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1))
  let turns = 0
  const removing = store.retain({ maxAgeMs: 0 }, Date.now() + 1)
  while ((await store.stats()).traces > 250) {
    turns++
    const { traces } = await store.stats()
    expect((await store.search({ limit: 1_500 })).items).toHaveLength(traces)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await store.put([numbered(501)])
  await store.close()
  clock.mockRestore()
  expect(turns).toBeGreaterThan(10)
  const removed = await removing
  expect(removed).toBeLessThan(500)
  const again = open(path)
  expect(await again.stats()).toMatchObject({ traces: 501 - removed, spans: 501 - removed })
  expect((await again.search({ limit: 1_500 })).items).toHaveLength(501 - removed)
  await again.close()
})

test('nothing is lost while the log is brought into the database on another thread', async () => {
  const path = fresh()
  const store = open(path)
  const noise = Array.from({ length: 120_000 }, (_, index) => Math.imul(index, 0x9e3779b1).toString(36)).join('')
  for (let number = 1; number <= 24; number++) {
    await store.put([stored(spansOf(number, [{ attributes: { noise, one: number } }]))])
    await new Promise((resolve) => setImmediate(resolve))
  }
  await store.close()
  const database = new DatabaseSync(path)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
  const again = open(path)
  for (let number = 1; number <= 24; number++) {
    expect((await again.search({ attributes: { one: String(number) } })).items).toHaveLength(1)
    expect((await again.timeline(traceId(number)))?.spans[0]?.source?.attributes.get('noise')).toBe(noise)
  }
  await again.close()
})

test('a folder that is deleted under a store neither stops nor holds up who puts and who closes', async () => {
  const path = fresh()
  const store = open(path)
  rmSync(join(path, '..'), { recursive: true })
  const large = stored(spansOf(1, [{ attributes: { noise: 'x'.repeat(5_000_000) } }]))
  for (let number = 1; number <= 3; number++) {
    await store.put([large])
    await store.retain({ maxAgeMs: 0 }, Date.now() + 1)
    await store.put([numbered(number + 1)])
  }
  expect(await store.stats()).toMatchObject({ traces: 1 })
  await store.close()
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
