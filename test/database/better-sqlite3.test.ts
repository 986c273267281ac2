import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'
import { viewed } from './viewed.ts'

// It has no types of its own; this much of it is used.
interface Database {
  prepare(sql: string): Statement
  exec(sql: string): void
  transaction(work: () => void): () => void
  close(): void
}
interface Statement {
  all(...values: unknown[]): unknown[]
  get(...values: unknown[]): unknown
  run(...values: unknown[]): unknown
  iterate(): Iterable<unknown>
}

/** No dependency: an install of it from a lock file runs node-gyp, which wants a compiler and Node's headers. */
function betterSqlite(): (new (path: string) => Database) | undefined {
  try {
    return createRequire(import.meta.url)('better-sqlite3') as new (path: string) => Database
  } catch (error) {
    if (process.env['CI']) throw error
    console.warn('skipped: better-sqlite3 not installed (npm install --no-save --ignore-scripts better-sqlite3)')
    return undefined
  }
}

const Sqlite = betterSqlite()

let seen: Recorder
let database: Database

beforeEach(({ skip }) => {
  database = new (Sqlite ?? skip('better-sqlite3 is not installed'))(':memory:')
  database.exec("CREATE TABLE book (id integer PRIMARY KEY, title text); INSERT INTO book VALUES (1, 'Emma'), (2, 'Persuasion')")
  seen = watching(watchDatabases)
})
afterEach(() => {
  database?.close()
})

const view = (work: () => unknown): Promise<unknown> => viewed(async () => work())
const rows = (): unknown[] => seen.all('db').map(({ attributes }) => attributes['db.response.returned_rows'])

test('each way to ask is a phase under the current one, with the number of rows and no value', async () => {
  await view(() => {
    expect(database.prepare("SELECT * FROM book WHERE title <> 'secret'").all()).toHaveLength(2)
    database.prepare('SELECT * FROM book WHERE id = ?').get(1)
    database.prepare('UPDATE book SET title = ?').run('x')
    expect([...database.prepare('SELECT id FROM book').iterate()]).toHaveLength(2)
    database.exec('DELETE FROM book')
  })
  const names = ['SELECT book', 'SELECT book', 'UPDATE book', 'SELECT book', 'DELETE book']
  expect(seen.sentences()).toEqual(names.map((name) => `view > db ${name}`))
  expect(rows()).toEqual([2, 1, undefined, 2, undefined])
  expect(seen.find('db').attributes).toMatchObject({
    'db.system.name': 'sqlite',
    'db.query.text': 'SELECT * FROM book WHERE title <> ?',
  })
})

test('what is done in a transaction is seen', async () => {
  await view(() => database.transaction(() => void database.prepare('DELETE FROM book').run())())
  expect(seen.sentences()).toContain('view > db DELETE book')
})

test('an error has SQLite’s name for it, and is thrown as ever', async () => {
  const insert = database.prepare('INSERT INTO book VALUES (1, 1)')
  await view(() => expect(() => insert.run()).toThrow('UNIQUE'))
  expect(seen.find('db')).toMatchObject({
    error: 'SQLITE_CONSTRAINT_PRIMARYKEY',
    attributes: { 'db.response.status_code': 'SQLITE_CONSTRAINT_PRIMARYKEY' },
  })
})
