import { tracingChannel } from 'node:diagnostics_channel'
import { beforeEach, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'

// The drivers' own way of telling, with the contexts that mysql2 3.24 and redis 6.3 give.

let seen: Recorder
beforeEach(() => void (seen = watching(watchDatabases)))

const SERVER = { database: 'shop', serverAddress: 'db', serverPort: 3306 }
const viewed = (work: () => unknown): Promise<unknown> =>
  Promise.resolve(observer.run(observer.open(label('view', 'view')), work, undefined))

test('a query of mysql2 is named by what it does, and shows no value', async () => {
  const told = { ...SERVER, query: 'SELECT * FROM book WHERE title = "secret"', values: [] }
  const answer = (done: (error: null, rows: unknown[]) => void): void => queueMicrotask(() => done(null, [1, 2]))
  await viewed(
    () =>
      new Promise((resolve) =>
        tracingChannel('mysql2:query').traceCallback(answer, 0, told, undefined, (_: null, rows: unknown[]) => resolve(rows)),
      ),
  )
  expect(seen.sentences()).toEqual(['view … > db SELECT book'])
  expect(seen.find('db').attributes).toEqual({
    'db.system.name': 'mysql',
    'db.namespace': 'shop',
    'server.address': 'db',
    'server.port': 3306,
    'db.query.summary': 'SELECT book',
    'db.query.text': 'SELECT * FROM book WHERE title = ?',
    'db.response.returned_rows': 2,
  })
})

test('a query that fails has the database’s number', async () => {
  const error = Object.assign(new Error('gone'), { errno: 1146, code: 'ER_NO_SUCH_TABLE' })
  await viewed(() =>
    tracingChannel('mysql2:execute')
      .tracePromise(() => Promise.reject(error), { ...SERVER, query: 'SELECT 1' })
      .catch(() => {}),
  )
  expect(seen.sentences()).toEqual(['view … > db SELECT !ER_NO_SUCH_TABLE'])
  expect(seen.find('db').attributes['db.response.status_code']).toBe('1146')
})

test('the wait for a pool’s connection is apart from the query', async () => {
  await viewed(() => tracingChannel('mysql2:pool:connect').tracePromise(() => Promise.resolve(), { ...SERVER }))
  expect(seen.sentences()).toEqual(['view … > db pool wait'])
})

test('a command of redis is named by itself, never with its key, and a batch is one phase', async () => {
  const command = { command: 'GET', args: ['GET', 'secret'], database: 0, serverAddress: 'cache', serverPort: 6379 }
  await viewed(async () => {
    await tracingChannel('node-redis:command').tracePromise(() => Promise.resolve('x'), { ...command })
    await tracingChannel('node-redis:batch').tracePromise(
      () => tracingChannel('node-redis:command').tracePromise(() => Promise.resolve(), { ...command, batchMode: 'PIPELINE' }),
      { batchMode: 'PIPELINE', database: 0 },
    )
  })
  expect(seen.sentences()).toEqual(['view … > db GET', 'view … > db PIPELINE'])
  expect(JSON.stringify(seen.all('db').map(({ attributes }) => attributes))).not.toContain('secret')
})
