import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'
import { cluster, missing, type Cluster } from './postgres.ts'
import { unhandled } from './unhandled.ts'

if (missing !== undefined && process.env.CI) throw new Error(missing)

/** Runs it as part of a view; resolves when the view is over. */
async function viewed(work: () => Promise<unknown>): Promise<void> {
  const view = observer.open(label('view', 'view books'))
  await observer.run(view, work, undefined).finally(() => view.end())
}

let server: Cluster
let pool: pg.Pool
let seen: Recorder

beforeAll(async () => {
  if (missing !== undefined) return
  server = await cluster()
  pool = new pg.Pool({ connectionString: server.url, max: 1 })
  await pool.query('CREATE TABLE book (id int PRIMARY KEY, title text)')
  await pool.query("INSERT INTO book VALUES (1, 'Emma'), (2, 'Persuasion')")
})
afterAll(async () => {
  await pool?.end()
  await server?.stop()
})
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing)
  seen = watching(watchDatabases)
})
const rows = (): unknown[] => seen.all('db').map(({ attributes }) => attributes['db.response.returned_rows'])

test('a query through a pool waits for a connection and then asks, as two phases side by side', async () => {
  await viewed(() => pool.query('SELECT * FROM book WHERE id = $1', [1]))
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db SELECT book'])
  expect(seen.find('db').attributes).toEqual({
    'db.system.name': 'postgresql',
    'db.namespace': 'postgres',
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'db.query.summary': 'SELECT book',
    'db.query.text': 'SELECT * FROM book WHERE id = $1',
    'db.response.returned_rows': 1,
  })
})

test('the wait for a connection lasts as long as somebody else holds it', async () => {
  const held = await pool.connect()
  await viewed(async () => {
    const waiting = pool.query('SELECT 1')
    await held.query('SELECT 2')
    expect(seen.find('db.pool').finish).toBeUndefined()
    held.release()
    await waiting
  })
  const [wait, free, waited] = [seen.find('db.pool'), ...seen.all('SELECT')]
  expect(wait.finish).toBeGreaterThanOrEqual(free?.finish as number)
  expect(waited?.start).toBeGreaterThanOrEqual(wait.finish as number)
})

test('a connection that cannot be had is a failed wait', async () => {
  const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1, user: 'x', database: 'x' })
  await viewed(() => expect(nowhere.query('SELECT 1')).rejects.toThrow('ECONNREFUSED'))
  expect(seen.sentences()).toEqual(['view books > db pool wait !ECONNREFUSED'])
})

test('a query with a callback is a phase, and the callback goes on in the request that asked', async () => {
  await viewed(async () => {
    const client = await pool.connect()
    await new Promise<void>((resolve) => {
      client.query('SELECT * FROM book', (error: Error | null, result) => {
        expect(error).toBeNull()
        expect(result.rows).toHaveLength(2)
        expect(observer.current()).toBe(seen.find('view'))
        resolve()
      })
    })
    client.release()
  })
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db SELECT book'])
  expect(rows()).toEqual([2])
})

test('the callback of a pool is heard', async () => {
  await viewed(() => new Promise<void>((resolve) => pool.query('SELECT * FROM book', () => resolve())))
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db SELECT book'])
  expect(rows()).toEqual([2])
})

test('a callback among a query’s settings is heard, and the settings are left as they are', async () => {
  await viewed(async () => {
    const client = await pool.connect()
    await new Promise<void>((resolve) => {
      const settings = Object.freeze({ text: 'DELETE FROM book WHERE id = 99', callback: () => resolve() })
      void client.query(settings as pg.QueryConfig)
    })
    client.release()
  })
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db DELETE book'])
})

test('an error has its SQLSTATE, and rejects as ever', async () => {
  await viewed(() => expect(pool.query("SELECT 'secret' FROM absent")).rejects.toThrow('does not exist'))
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db SELECT absent !42P01'])
  expect(seen.find('db').attributes).toMatchObject({
    'db.response.status_code': '42P01',
    'db.query.text': 'SELECT ? FROM absent',
  })
})

test('a prepared statement keeps its name when it is called by it alone', async () => {
  await viewed(async () => {
    const client = await pool.connect()
    await client.query({ name: 'by-id', text: 'SELECT * FROM book WHERE id = $1', values: [1] })
    await client.query({ name: 'by-id', values: [2] } as unknown as pg.QueryConfig)
    client.release()
  })
  expect(seen.all('db').map(({ name }) => name)).toEqual(['SELECT book', 'SELECT book'])
})

test('several statements in one text give all their rows', async () => {
  await viewed(() => pool.query('SELECT * FROM book; SELECT 1'))
  expect(seen.find('db').name).toBe('SELECT book SELECT')
  expect(rows()).toEqual([3])
})

test('a query object of one’s own is over when the server is ready again', async () => {
  await viewed(async () => {
    const client = await pool.connect()
    const query = client.query(new pg.Query('SELECT * FROM book'))
    await new Promise((resolve, reject) => query.on('end', resolve).on('error', reject))
    client.release()
  })
  expect(seen.sentences()).toEqual(['view books > db pool wait', 'view books > db SELECT book'])
})

test('listeners to rows and to the end go on in the request that asked, whoever opened the connection', async () => {
  const own = new pg.Pool({ connectionString: server.url, max: 1 })
  await viewed(() => own.query('SELECT 1'))
  seen.clear()
  const heard: unknown[] = []
  await viewed(async () => {
    const client = await own.connect()
    const query = client.query(new pg.Query('SELECT * FROM book'))
    query.on('row', () => heard.push(observer.current()))
    await new Promise<void>((resolve, reject) => {
      query.on('end', () => resolve(void heard.push(observer.current()))).on('error', reject)
    })
    client.release()
  })
  const view = seen.find('view')
  expect(heard).toEqual([view, view, view])
  await own.end()
})

test('the stack of an error leads back to the code that asked', async () => {
  const client = await pool.connect()
  async function asking(): Promise<unknown> {
    return await client.query('SELECT * FROM absent')
  }
  await viewed(async () => {
    const error = await asking().catch((thrown: unknown) => thrown)
    expect((error as Error).stack).toContain('asking')
  })
  client.release()
})

test('a query and a wait that nobody handles are said to be so', async () => {
  const client = await pool.connect()
  const asked = (): void => void viewed(() => Promise.resolve(void client.query('SELECT * FROM absent')))
  expect(await unhandled(asked)).toMatchObject({ code: '42P01' })
  client.release()
  const nowhere = new pg.Pool({ host: '127.0.0.1', port: 1, user: 'x', database: 'x' })
  const waited = (): void => void viewed(() => Promise.resolve(void nowhere.connect()))
  expect(await unhandled(waited)).toMatchObject({ code: 'ECONNREFUSED' })
})

test('a transaction is its statements', async () => {
  await viewed(async () => {
    const client = await pool.connect()
    await client.query('BEGIN')
    await client.query('UPDATE book SET title = $1 WHERE id = $2', ['Sanditon', 2])
    await client.query('ROLLBACK')
    client.release()
  })
  expect(seen.all('db').map(({ name }) => name)).toEqual(['BEGIN', 'UPDATE book', 'ROLLBACK'])
})

test('outside any request nothing is recorded', async () => {
  await pool.query('SELECT 1')
  expect(seen.phases()).toEqual([])
})
