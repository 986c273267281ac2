import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { watchDatabases } from '../../src/database/watch.ts'
import { recorder, type Recorder } from '../recorder.ts'
import { missing } from '../tools.ts'
import { redis, type DatabaseServer } from './servers.ts'
import { unhandled } from './unhandled.ts'
import { viewed } from './viewed.ts'

const absent = missing('redis-server')

/** What both can be asked, each in its words. */
interface Client {
  set(): Promise<unknown>
  get(): Promise<unknown>
  fail(): Promise<unknown>
  /** Of what fails, nobody looks at the answer. */
  forget(): void
  transaction(): Promise<unknown>
  pipeline(): Promise<unknown>
  /** A client that has no connection yet asks at once. */
  early(): Promise<void>
  close(): void
}

async function nodeRedis(port: number): Promise<Client> {
  const url = `redis://127.0.0.1:${port}`
  const client = await createClient({ url }).connect()
  return {
    set: () => client.set('secret', 'x'),
    get: () => client.get('secret'),
    fail: () => client.lPush('secret', 'x'),
    forget: () => void client.lPush('secret', 'x'),
    transaction: () => client.multi().set('secret', 'y').get('secret').exec(),
    pipeline: () => client.multi().set('secret', 'y').get('secret').execAsPipeline(),
    async early() {
      const young = createClient({ url })
      const connected = young.connect()
      await young.get('secret')
      await connected
      young.destroy()
    },
    close: () => client.destroy(),
  }
}

async function ioredis(port: number): Promise<Client> {
  const client = new Redis(port, '127.0.0.1')
  await client.ping()
  return {
    set: () => client.set('secret', 'x'),
    get: () => client.get('secret'),
    fail: () => client.lpush('secret', 'x'),
    forget: () => void client.lpush('secret', 'x'),
    transaction: () => client.multi().set('secret', 'y').get('secret').exec(),
    pipeline: () => client.pipeline().set('secret', 'y').get('secret').exec(),
    async early() {
      const young = new Redis(port, '127.0.0.1')
      await young.get('secret')
      young.disconnect()
    },
    close: () => client.disconnect(),
  }
}

let server: DatabaseServer
beforeAll(async () => {
  if (!absent) server = await redis()
})
afterAll(() => server?.stop())

describe.skipIf(absent).each([
  { name: 'redis', connect: nodeRedis, waits: [] },
  { name: 'ioredis', connect: ioredis, waits: ['view > db pool wait'] },
])('$name and a real Redis', ({ connect, waits }) => {
  let stop: () => void
  let seen: Recorder
  let client: Client
  beforeEach(async () => {
    stop = watchDatabases()
    client = await connect(server.port)
    seen = recorder()
  })
  afterEach(() => {
    stop()
    seen.restore()
    client.close()
  })

  test('a command is named by itself, never with its key or value', async () => {
    await viewed(async () => {
      await client.set()
      expect(await client.get()).toBe('x')
    })
    expect(seen.sentences()).toEqual(['view > db SET', 'view > db GET'])
    expect(seen.find('GET').attributes).toEqual({
      'db.system.name': 'redis',
      'db.namespace': '0',
      'db.operation.name': 'GET',
      'server.address': '127.0.0.1',
      'server.port': server.port,
    })
  })

  test('an error has the first word of what Redis says, and rejects as ever', async () => {
    await viewed(() => expect(client.fail()).rejects.toThrow('WRONGTYPE'))
    expect(seen.find('db')).toMatchObject({ name: 'LPUSH', attributes: { 'db.response.status_code': 'WRONGTYPE' } })
    expect(seen.find('db').error).toMatch(/Error$/)
  })

  test('a command that nobody handles is said to be so', async () => {
    await client.set()
    const error = await unhandled(() => void viewed(() => Promise.resolve(client.forget())))
    expect(String(error)).toContain('WRONGTYPE')
  })

  test('a transaction is one phase, and a pipeline is one', async () => {
    await viewed(() => client.transaction())
    await viewed(() => client.pipeline())
    expect(seen.sentences()).toEqual(['view > db MULTI', 'view > db PIPELINE'])
    expect(seen.find('PIPELINE').attributes).toMatchObject({ 'db.system.name': 'redis', 'server.port': server.port })
  })

  test('a command that had to wait for the connection is of the request that asked', async () => {
    await viewed(() => client.early())
    expect(seen.sentences()).toEqual([...waits, 'view > db GET'])
  })

  test('outside any request nothing is recorded', async () => {
    await client.pipeline()
    await client.get()
    expect(seen.phases()).toEqual([])
  })
})

describe.skipIf(absent)('ioredis and a real Redis', () => {
  let stop: () => void
  let seen: Recorder
  beforeEach(() => {
    stop = watchDatabases()
    seen = recorder()
  })
  afterEach(() => {
    stop()
    seen.restore()
  })

  test('a command that waited in vain for a connection is a failed wait', async () => {
    const nowhere = new Redis({
      port: 1,
      host: '127.0.0.1',
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    })
    nowhere.on('error', () => {})
    await viewed(() => expect(nowhere.get('secret')).rejects.toThrow('Connection is closed'))
    expect(seen.sentences()).toEqual(['view > db pool wait !Error'])
  })

  test('a transaction that is refused rejects as ever, and has failed', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    await client.ping()
    // A command of the wrong length makes EXEC refuse the others.
    await viewed(() => expect(client.multi().call('SET', 'secret').get('secret').exec()).rejects.toThrow('EXECABORT'))
    expect(seen.sentences()).toEqual([expect.stringMatching(/^view > db MULTI !/)])
    expect(seen.find('MULTI').attributes['db.response.status_code']).toBe('EXECABORT')
    client.disconnect()
  })

  test('answers come in the order in which they come unwatched', async () => {
    const client = new Redis(server.port, '127.0.0.1')
    await client.ping()
    const ask = async (): Promise<string[]> => {
      const order: string[] = []
      const note = (name: string) => (): void => void order.push(name)
      const first = client.get('a').then(note('first'))
      const pipeline = client.pipeline().get('b').exec().then(note('pipeline'))
      await Promise.all([first, pipeline, client.get('c').then(note('last'))])
      return order
    }
    const watched = await viewed(ask)
    stop()
    expect(watched).toEqual(await ask())
    client.disconnect()
  })
})
