import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import type { Store, StoredTrace } from '../../src/store/contract.ts'
import { Checkpointer } from '../../src/store/sqlite/checkpoint.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { read, spansOf, stored, traceId } from './traces.ts'

const root = mkdtempSync(join(tmpdir(), 'phaseline-trouble-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let number = 0
const fresh = (): string => join(root, `store-${++number}`, 'timelines.db')
const open = (path: string, warn: (sentence: string) => void = () => {}): Store => openSqlite({ path, read, warn })
const trace = (id: number): StoredTrace => stored(spansOf(id, [{ attributes: { one: `v${id}` } }]))
const traces = (from: number, count: number): StoredTrace[] => Array.from({ length: count }, (_, index) => trace(from + index))

const PAGE = 8_192

/** Makes a page of a file what no page is. */
function spoil(path: string, page: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(PAGE, 0xa5), 0, PAGE, page * PAGE)
  closeSync(file)
}

/** The pages of a table, those in the middle of a tree before its leaves. */
function pagesOf(path: string, table: string): number[] {
  const database = new DatabaseSync(path)
  const rows = database.prepare('SELECT pageno AS page FROM dbstat WHERE name = ? ORDER BY path').all(table) as { page: number }[]
  database.close()
  return rows.map(({ page }) => page - 1)
}

const TABLES = [
  'trace',
  'trace_id',
  'chunk',
  'chunk_use',
  'posting',
  'times',
  'bounds',
  'names',
  'sieve',
  'total',
  'text',
  'operation',
]

async function filled(): Promise<string> {
  const path = fresh()
  const store = open(path)
  for (let from = 1; from < 1_100; from += 100) await store.put(traces(from, 100))
  await store.close()
  return path
}

test('whatever page is damaged, the store is opened, searched, written to and cleared, and says what it lost', async () => {
  const whole = await filled()
  const more = [...traces(2_000, 900), trace(5)]
  const damages = TABLES.flatMap((table) => [...new Set([pagesOf(whole, table)[0], pagesOf(whole, table).at(-1)])] as number[])
  expect(damages.length).toBeGreaterThan(TABLES.length)
  const unnoticed: number[] = []
  for (const page of damages) {
    const path = fresh()
    mkdirSync(join(path, '..'))
    copyFileSync(whole, path)
    spoil(path, page)
    const said: string[] = []
    const store = open(path, (sentence) => said.push(sentence))
    await store.search({ limit: 1_500 })
    await store.search({ attributes: { one: 'v7' } })
    await store.put(more)
    await store.retain({ maxAgeMs: 0 }, Date.now() + 1)
    await store.put([trace(4_001)])
    expect((await store.search({ attributes: { one: 'v4001' } })).items.map((item) => item.traceId)).toEqual([traceId(4_001)])
    await store.close()
    if (said.length === 0) unnoticed.push(page)
    await open(path).close()
  }
  // A leaf whose rows all go is not read for that.
  expect(unnoticed.length).toBeLessThan(damages.length / 4)
}, 30_000)

test('lists leave out what is on a damaged page, and that is said once', async () => {
  const path = await filled()
  spoil(path, pagesOf(path, 'trace')[2] as number)
  const said: string[] = []
  const store = open(path, (sentence) => said.push(sentence))
  for (let again = 0; again < 2; again++) {
    const { length } = (await store.search({ limit: 1_500 })).items
    expect(length).toBeGreaterThan(900)
    expect(length).toBeLessThan(1_100)
  }
  expect(said).toEqual([expect.stringContaining('lists leave out what cannot be read')])
  await store.close()
})

test('a database that is damaged again at once is not moved aside again: who puts is told', async () => {
  const path = fresh()
  const store = open(path)
  const bad: StoredTrace = {
    ...trace(2),
    get summary(): StoredTrace['summary'] {
      throw Object.assign(new Error('database disk image is malformed'), { errcode: 11 })
    },
  }
  await expect(store.put([trace(3), bad])).rejects.toThrow('malformed')
  await store.put([trace(4)])
  expect(await store.stats()).toMatchObject({ traces: 1 })
  await store.close()
  expect(readdirSync(join(path, '..')).filter((name) => name.endsWith('Z'))).toHaveLength(1)
})

test('who puts waits while another process writes to the database, and nobody else does', async () => {
  const path = fresh()
  const store = open(path)
  await store.put([trace(1)])
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let isPut = false
  const first = store.put([trace(2)]).then(() => (isPut = true))
  const second = store.put([trace(3)])
  await setImmediate()
  expect(isPut).toBe(false)
  expect((await store.search({})).items).toHaveLength(1)
  other.exec('ROLLBACK')
  other.close()
  await Promise.all([first, second])
  expect((await store.search({})).items.map((item) => item.traceId)).toEqual([3, 2, 1].map(traceId))
  await store.close()
})

test('a database that cannot be opened or written to is said so, with what to do', async () => {
  const folder = fresh()
  mkdirSync(folder, { recursive: true })
  const unusable = (path: string): Error =>
    expect.objectContaining({ code: 'data_unusable', message: expect.stringContaining(`${path} cannot be used (`) })
  expect(() => open(folder)).toThrow(unusable(folder))
  const file = join(folder, 'timelines.db')
  await open(file).close()
  expect(() => open(join(file, 'below.db'))).toThrow(unusable(join(file, 'below.db')))
})

test('emptying the log does not wait for another process that reads', () => {
  const path = join(root, 'read.db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 600000; CREATE TABLE one (x); INSERT INTO one VALUES (1)')
  const other = new DatabaseSync(path)
  other.exec('BEGIN')
  other.prepare('SELECT * FROM one').all()
  database.exec('INSERT INTO one VALUES (2)')
  new Checkpointer(database, path).empty()
  expect(database.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 600_000 })
  other.close()
  database.close()
})
