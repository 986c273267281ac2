import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder, type Recorder } from '../recorder.ts'

let stop: () => void
let seen: Recorder
let database: DatabaseSync

beforeEach(() => {
  database = new DatabaseSync(':memory:')
  database.exec(`CREATE TABLE book (id integer PRIMARY KEY, title text UNIQUE);
    INSERT INTO book VALUES (1, 'Emma'), (2, 'Persuasion'), (3, 'Sanditon')`)
  stop = watchDatabases()
  seen = recorder()
})

afterEach(() => {
  stop()
  seen.restore()
  database.close()
})

/** Runs it as part of a view. */
function viewed(work: () => void): void {
  const view = observer.open(label('view', 'view books'))
  try {
    observer.run(view, work, undefined)
  } finally {
    view.end()
  }
}

test('each way to ask is a phase under the current one, with the number of rows', () => {
  viewed(() => {
    database.prepare('SELECT * FROM book WHERE id > ?').all(1)
    database.prepare('SELECT * FROM book WHERE id = 2').get()
    database.prepare('SELECT * FROM book WHERE id = 99').get()
    database.prepare("UPDATE book SET title = 'x' WHERE id = 3").run()
    database.exec('DELETE FROM book')
  })
  expect(seen.sentences()).toEqual([
    'view books > db SELECT book',
    'view books > db SELECT book',
    'view books > db SELECT book',
    'view books > db UPDATE book',
    'view books > db DELETE book',
  ])
  expect(seen.all('db').map(({ attributes }) => attributes['db.response.returned_rows'])).toEqual([2, 1, 0, undefined, undefined])
})

test('the attributes are those of the semantic conventions, without values', () => {
  viewed(() => void database.prepare("SELECT title FROM book WHERE title = 'Emma'").all())
  expect(seen.find('db').attributes).toEqual({
    'db.system.name': 'sqlite',
    'db.query.summary': 'SELECT book',
    'db.query.text': 'SELECT title FROM book WHERE title = ?',
    'db.response.returned_rows': 1,
  })
  expect(seen.find('db').label.spanKind).toBe('CLIENT')
})

test('a database in a file is named by it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'phaseline-sqlite-'))
  const file = new DatabaseSync(join(directory, 'shop.db'))
  viewed(() => file.exec('CREATE TABLE book (id)'))
  file.close()
  rmSync(directory, { recursive: true })
  expect(seen.find('db').attributes['db.namespace']).toMatch(/shop\.db$/)
})

test('a statement that was prepared before anybody watched is seen', () => {
  stop()
  const statement = database.prepare('SELECT * FROM book')
  stop = watchDatabases()
  viewed(() => void statement.all())
  expect(seen.sentences()).toEqual(['view books > db SELECT book'])
})

test('an iteration lasts until its last row, or until the reader stops', () => {
  viewed(() => {
    const statement = database.prepare('SELECT * FROM book')
    expect([...statement.iterate()].map(({ title }) => title)).toEqual(['Emma', 'Persuasion', 'Sanditon'])
    for (const row of statement.iterate()) if (row.id === 1) break
  })
  expect(seen.all('db').map(({ attributes }) => attributes['db.response.returned_rows'])).toEqual([3, 1])
  expect(seen.sentences()).toEqual(['view books > db SELECT book', 'view books > db SELECT book'])
})

test('what fails is a failed phase with SQLite’s result code, whether at its text or at its run, and throws as ever', () => {
  viewed(() => {
    expect(() => database.prepare('SELECT * FROM absent')).toThrow('no such table')
    expect(() => database.prepare("INSERT INTO book VALUES (9, 'Emma')").run()).toThrow('UNIQUE')
  })
  expect(seen.sentences()).toEqual([
    'view books > db SELECT absent !ERR_SQLITE_ERROR',
    'view books > db INSERT book !ERR_SQLITE_ERROR',
  ])
  expect(seen.all('db').map(({ attributes }) => attributes['db.response.status_code'])).toEqual(['1', '2067'])
})

test('texts that differ in their literals only share one label', () => {
  viewed(() => [1, 2, 3].forEach((id) => database.prepare(`SELECT * FROM book WHERE id = ${id}`).all()))
  expect(new Set(seen.all('db').map(({ label }) => label)).size).toBe(1)
})

test('outside any request nothing is recorded, and after stopping nothing at all', () => {
  database.prepare('SELECT * FROM book').all()
  stop()
  viewed(() => void database.prepare('SELECT * FROM book').all())
  expect(seen.all('db')).toEqual([])
})

test('watching twice makes one phase of one query', () => {
  expect(watchDatabases()).toBe(stop)
  viewed(() => void database.prepare('SELECT * FROM book').all())
  expect(seen.all('db')).toHaveLength(1)
})

test('tagged queries are seen too', () => {
  const sql = database.createTagStore()
  viewed(() => expect(sql.all`SELECT * FROM book WHERE id = ${2}`).toHaveLength(1))
  expect(seen.sentences()).toEqual(['view books > db SELECT book'])
})
