import { createRequire } from 'node:module'
import type { Response } from 'express'
import compression from 'compression'
import session from 'express-session'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { observer } from '../../src/model/observer.ts'
import { unwatch, VERSIONS, WAYS, type App, type ExpressModule, type Version, type Way } from './load.ts'
import { serve, wrapping, type Served } from './serve.ts'

const [zeroCode] = WAYS as [Way]

const page = (_req: unknown, res: Response): void => void res.send('page')

/** What a busy machine takes away from a layer after next(), which `delays.test.ts` is about. */
const inTheWay = /(query|expressInit|page) process_response$/

let served: Served
afterEach(async () => {
  await served.close()
  unwatch()
})

async function asked(version: Version, path: string, register: (app: App, express: ExpressModule) => void): Promise<void> {
  served = await serve(zeroCode.make(version, register))
  await served.get(path)
}

describe.each(VERSIONS)('$name', (version) => {
  const ask = asked.bind(null, version)
  test('the layers that wrapped the answer have their part after the view, outermost last', async () => {
    await ask('/', (app) => {
      app.use(session({ secret: 'x', resave: true, saveUninitialized: true }), compression({ threshold: 0 })).get('/', page)
    })
    const names = served.record.find('handler').children.flatMap(({ name }) => (inTheWay.test(name) ? [] : [name]))
    expect([...new Set(names)].slice(-3)).toEqual(['view page', 'compression process_response', 'session process_response'])
  })

  test('what a wrapped end does runs in its phase', async () => {
    let seen: unknown
    await ask('/', (app) => void app.use(wrapping('stamp', 'end', () => (seen = observer.current()))).get('/', page))
    expect(seen).toBe(served.record.find('stamp process_response'))
  })

  test('a render is part of the layer that asked for it; an error in it is the render’s, and goes where Express sends it', async () => {
    await ask('/', (app) => {
      app.engine('txt', (_file, _options, done) => done(new RangeError('bad template')))
      app.set('views', `${import.meta.dirname}/views`).set('view engine', 'txt')
      app.get('/', function page(_req, res) {
        res.render('page')
      })
    })
    expect(served.record.sentences().filter((line) => line.includes('render'))).toEqual([
      'gateway GET / !RangeError > handler > view page !RangeError > render page !RangeError',
    ])
  })
})

describe.each(VERSIONS)('$name', (version) => {
  test('the life of a stream is neither the view’s nor the handler’s', async () => {
    const source = new Readable({ read() {} })
    served = await serve(
      zeroCode.make(
        version,
        (app) =>
          void app.get('/', function events(_req, res) {
            source.pipe(res)
          }),
      ),
    )
    const call = get(served.url)
    setImmediate(() => source.push('first'))
    const [response] = (await once(call, 'response')) as [Readable]
    await once(response, 'data')
    expect(served.record.sentences()).toContain('gateway GET / … > handler > view events')
    source.push(null)
    await served.record.ended()
  })

  test('a handler that never answers lasts until the client is gone', async () => {
    served = await serve(zeroCode.make(version, (app) => void app.get('/', function hang() {})))
    const call = get(served.url)
    call.on('error', () => {})
    await once(served.server, 'request')
    expect(served.record.sentences()).toContain('gateway GET / … > handler … > view hang …')
    call.destroy()
    await served.record.ended()
    expect(served.record.sentences()).toContain('gateway GET / > handler > view hang')
  })

  test('a session is saved although the client has gone', async () => {
    const store = new session.MemoryStore()
    let answer = (): void => {}
    served = await serve(
      zeroCode.make(version, (app) => {
        app.use(session({ secret: 'x', resave: true, saveUninitialized: true, store }))
        app.get('/', function late(_req, res) {
          answer = () => res.send('late')
        })
      }),
    )
    const call = get(served.url)
    call.on('error', () => {})
    await once(served.server, 'request')
    call.destroy()
    await served.record.ended()
    const saved = new Promise((resolve) => (store.set = (_id, _data, done) => (done?.(), resolve(true))))
    answer()
    expect(await saved).toBe(true)
  })
})

describe.each(VERSIONS)('$name', (version) => {
  const ask = asked.bind(null, version)

  test('pipelined requests that are answered at the same time keep their phases apart', async () => {
    const answers: (() => void)[] = []
    served = await serve(
      zeroCode.make(version, (app) => {
        app.get('/:id', function page(_req, res) {
          answers.push(() => res.send('x'))
          if (answers.length === 2) for (const answer of answers.toReversed()) setImmediate(answer)
        })
      }),
    )
    const socket = connect((served.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    socket.resume()
    await served.record.ended(2)
    const each = ['gateway GET /:id > handler > resolve', 'gateway GET /:id > handler > view page']
    expect(served.record.sentences()).toEqual(expect.arrayContaining([...each, ...each]))
    expect(served.record.all('view').map(({ parent }) => parent?.parent)).toEqual(served.record.all('gateway'))
  })

  test('a router of another make than the app’s is watched, too', async () => {
    await ask('/books/7', (app) => {
      const router = createRequire(import.meta.url)('router22') as ExpressModule['Router']
      app.use('/books', router().get('/:id', page))
    })
    const lines = served.record.sentences().filter((line) => !inTheWay.test(line))
    expect(lines.slice(-2)).toEqual([
      'gateway GET /books/:id > handler > resolve > resolve',
      'gateway GET /books/:id > handler > resolve > view page',
    ])
  })

  test('an unsampled request costs no phase and works the same', async () => {
    served = await serve(zeroCode.make(version, (app) => void app.use(compression()).get('/', page)))
    served.record.restore()
    const response = await fetch(served.url)
    expect([await response.text(), served.record.phases().length]).toEqual(['page', 0])
  })
})
