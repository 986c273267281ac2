import { MongoClient, type Collection } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import type { Recorder } from '../recorder.ts'
import { missing } from '../tools.ts'
import { watching } from '../watching.ts'
import { ferretdb, type DatabaseServer } from './servers.ts'
import { viewed } from './viewed.ts'

const absent = missing('ferretdb')

interface Book {
  _id: number
  title: string
}

let server: DatabaseServer
let client: MongoClient
let books: Collection<Book>
let seen: Recorder

describe.skipIf(absent)('mongodb and a real server of its protocol', () => {
  beforeAll(async () => {
    server = await ferretdb()
    client = await new MongoClient(`mongodb://127.0.0.1:${server.port}/`, { maxPoolSize: 1 }).connect()
    books = client.db('shop').collection('book')
    await books.insertMany([
      { _id: 1, title: 'Emma' },
      { _id: 2, title: 'Persuasion' },
    ])
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  beforeEach(() => void (seen = watching(watchDatabases)))

  test('a command waits for a connection and then asks, named by its collection, never with a value', async () => {
    expect(await viewed(() => books.find({ title: 'Emma' }).toArray())).toHaveLength(1)
    expect(seen.sentences()).toEqual(['view > db pool wait', 'view > db find book'])
    expect(seen.find('db').attributes).toEqual({
      'db.system.name': 'mongodb',
      'db.namespace': 'shop',
      'db.collection.name': 'book',
      'db.operation.name': 'find',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'db.response.returned_rows': 1,
    })
  })

  test('a cursor is its batches', async () => {
    await viewed(() => books.find({}, { batchSize: 1 }).toArray())
    expect(seen.all('db').map(({ name }) => name)).toEqual(['find book', 'getMore book', 'getMore book'])
  })

  test('the wait for a connection lasts as long as another request has it, and each command is its own request’s', async () => {
    await Promise.all([viewed(() => books.countDocuments()), viewed(() => books.findOne({ _id: 1 }))])
    const [first, second] = seen.all('view').map(({ children }) => children.map(({ name }) => name))
    expect([first, second]).toEqual([
      ['db pool wait', 'aggregate book'],
      ['db pool wait', 'find book'],
    ])
    const [earlier, later] = seen.all('db').toSorted((a, b) => a.start - b.start)
    expect(later?.start).toBeGreaterThanOrEqual(earlier?.finish as number)
  })

  test('a write that is refused and a command that fails have the server’s code, and reject as ever', async () => {
    await viewed(() => expect(books.insertOne({ _id: 1, title: 'secret' })).rejects.toThrow('E11000'))
    await viewed(() => expect(client.db('shop').command({ nonsense: 1 })).rejects.toThrow('no such command'))
    expect(seen.all('db').map(({ name, error, attributes }) => [name, error, attributes['db.response.status_code']])).toEqual([
      ['insert book', 'WriteError', '11000'],
      ['nonsense', 'MongoServerError', '59'],
    ])
  })

  test('the stack of an error leads back to the code that asked', async () => {
    async function asking(): Promise<unknown> {
      return await client.db('shop').command({ nonsense: 1 })
    }
    const error = await viewed(() => asking().catch((thrown: unknown) => thrown))
    expect((error as Error).stack).toContain('asking')
  })

  test('the making of a connection is no command of the request', async () => {
    const young = new MongoClient(`mongodb://127.0.0.1:${server.port}/`)
    await viewed(() => young.db('shop').collection('book').findOne())
    expect(seen.all('db').map(({ name }) => name)).toEqual(['find book'])
    await young.close()
  })
})
