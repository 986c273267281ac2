import { createConnection, createPool as poolWithCallbacks } from 'mysql2'
import { createPool, type Pool } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorder } from '../recorder.ts'
import { missing } from '../tools.ts'
import { watching } from '../watching.ts'
import { mariadb, type DatabaseServer } from './servers.ts'
import { viewed } from './viewed.ts'

const absent = missing('mariadbd', 'mariadb-install-db')

let server: DatabaseServer
let pool: Pool
let seen: Recorder

describe.skipIf(absent)('mysql2 and a real MariaDB', () => {
  const settings = (): { host: string; port: number; user: string; database: string } => ({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    database: 'shop',
  })

  beforeAll(async () => {
    server = await mariadb()
    const first = createPool({ ...settings(), database: 'mysql' })
    await first.query('CREATE DATABASE shop')
    await first.end()
    pool = createPool({ ...settings(), connectionLimit: 1 })
    await pool.query('CREATE TABLE book (id int PRIMARY KEY, title text)')
    await pool.query("INSERT INTO book VALUES (1, 'Emma'), (2, 'Persuasion')")
  }, 30_000)
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })
  beforeEach(() => void (seen = watching(watchDatabases)))

  test('a query through a pool waits for a connection and then asks, as two phases side by side', async () => {
    await viewed(() => pool.query('SELECT * FROM book WHERE title = "secret" OR id = ?', [1]))
    expect(seen.sentences()).toEqual(['view > db pool wait', 'view > db SELECT book'])
    expect(seen.find('db').attributes).toEqual({
      'db.system.name': 'mysql',
      'db.namespace': 'shop',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'db.query.summary': 'SELECT book',
      'db.query.text': 'SELECT * FROM book WHERE title = ? OR id = ?',
      'db.response.returned_rows': 1,
    })
  })

  test('the wait for a connection lasts as long as somebody else holds it, and each query is its own request’s', async () => {
    const held = await pool.getConnection()
    const [first, second] = [
      viewed(() => pool.query('SELECT * FROM book')),
      viewed(async () => {
        await held.execute('SELECT 2')
        expect(seen.all('db.pool').map(({ finish }) => finish)).toEqual([undefined])
        held.release()
      }),
    ]
    await Promise.all([first, second])
    expect(seen.sentences()).toEqual(['view > db pool wait', 'view > db SELECT book', 'view > db SELECT'])
    expect(seen.find('SELECT book').start).toBeGreaterThanOrEqual(seen.find('db.pool').finish as number)
  })

  test('a transaction is its statements', async () => {
    await viewed(async () => {
      const connection = await pool.getConnection()
      await connection.beginTransaction()
      await connection.execute('UPDATE book SET title = ? WHERE id = ?', ['Sanditon', 2])
      await connection.rollback()
      connection.release()
    })
    expect(seen.sentences()).toEqual(['view > db pool wait', 'view > db START', 'view > db UPDATE book', 'view > db ROLLBACK'])
  })

  test('an error has the database’s number, and rejects as ever', async () => {
    await viewed(() => expect(pool.query('SELECT "secret" FROM absent')).rejects.toThrow("doesn't exist"))
    expect(seen.sentences()).toEqual(['view > db pool wait', 'view > db SELECT absent !ER_NO_SUCH_TABLE'])
    expect(seen.find('db').attributes).toMatchObject({
      'db.response.status_code': '1146',
      'db.query.text': 'SELECT ? FROM absent',
    })
  })

  test('a connection that cannot be had is a failed wait', async () => {
    const nowhere = createPool({ host: '127.0.0.1', port: 1 })
    await viewed(() => expect(nowhere.query('SELECT 1')).rejects.toThrow('ECONNREFUSED'))
    expect(seen.sentences()).toEqual(['view > db pool wait !ECONNREFUSED'])
  })

  test.each(['query', 'execute'] as const)('the callback of %s goes on in the request that asked', async (how) => {
    const callbacks = poolWithCallbacks({ ...settings(), connectionLimit: 1 })
    const connection = createConnection(settings())
    const asked: unknown[] = []
    const ask = (asker: typeof callbacks | typeof connection): Promise<void> =>
      viewed(
        () =>
          new Promise((resolve) => {
            const here = observer.current()
            asker[how]('SELECT * FROM book', () => {
              asked.push(observer.current() === here)
              resolve()
            })
          }),
      )
    await ask(connection)
    await Promise.all([ask(callbacks), ask(callbacks)])
    expect(asked).toEqual([true, true, true])
    const each = ['view > db pool wait', 'view > db SELECT book']
    expect(seen.sentences()).toEqual(['view > db SELECT book', ...each, ...each])
    connection.end()
    await new Promise((resolve) => callbacks.end(resolve))
  })

  test('listeners to rows go on in the request that asked, whoever opened the connection', async () => {
    const callbacks = poolWithCallbacks({ ...settings(), connectionLimit: 1 })
    await viewed(() => new Promise<void>((resolve) => callbacks.query('SELECT 1', () => resolve())))
    seen.clear()
    const heard: unknown[] = []
    const note = (): void => void heard.push(observer.current())
    await viewed(() => {
      const query = callbacks.query('SELECT * FROM book')
      return new Promise<void>((resolve) => query.on('result', note).on('end', () => resolve(note())))
    })
    const view = seen.find('view')
    expect(heard).toEqual([view, view, view])
    await new Promise((resolve) => callbacks.end(resolve))
  })

  test('each execution of a prepared statement is a phase', async () => {
    await viewed(async () => {
      const connection = await pool.getConnection()
      const statement = await connection.prepare('SELECT * FROM book WHERE id = ?')
      await statement.execute([1])
      await expect(statement.execute([])).rejects.toThrow()
      await statement.close()
      connection.release()
    })
    expect(seen.sentences()).toEqual([
      'view > db pool wait',
      'view > db SELECT book',
      expect.stringMatching(/^view > db SELECT book !/),
    ])
    expect(seen.find('db').attributes).toMatchObject({ 'db.namespace': 'shop', 'db.response.returned_rows': 1 })
  })

  test('an error that no listener handles is thrown as ever', async () => {
    const connection = createConnection(settings())
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const thrown = await new Promise<Error>((resolve) => {
      process.once('uncaughtException', resolve)
      void viewed(() => Promise.resolve(void connection.query('SELECT * FROM absent').on('result', () => {})))
    })
    for (const listener of others) process.on('uncaughtException', listener)
    expect(thrown.message).toContain("doesn't exist")
    connection.destroy()
  })
})
