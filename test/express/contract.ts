import type { ErrorRequestHandler, RequestHandler } from 'express'
import { afterEach, describe, expect, test } from 'vitest'
import { observer } from '../../src/model/observer.ts'
import type { App, ExpressModule, Version, Way } from './load.ts'
import { unwatch } from './load.ts'
import { serve, type Served } from './serve.ts'

/** Of a function in this file. */
const PLACE = 'test/express/contract\\.ts:\\d+'

type Register = (app: App, express: ExpressModule) => void

/** What every Express has to show, however it came to be watched. */
export function contract(version: Version, way: Way): void {
  let served: Served | undefined
  /** The sentences of one request, from the handler's children on. */
  const story = async (path: string, register: Register, init?: RequestInit): Promise<string[]> => {
    served = await serve(way.make(version, register))
    await served.get(path, init)
    return told(served)
  }
  const told = ({ record }: Served): string[] =>
    record
      .sentences()
      .map((line) => line.replace(/^gateway (.*?) > handler > /, '$1: '))
      // Express 4's own two; and what a busy machine takes away from a layer after next(), which `delays.test.ts` is about.
      .filter((line) => !/: (query|expressInit) process_request$| process_response$/.test(line))

  describe(`${version.name}, ${way.name}`, () => {
    afterEach(async () => {
      const unfinished = served?.record.phases().filter(({ finish }) => finish === undefined)
      await served?.close()
      served = undefined
      unwatch()
      expect(unfinished?.map(({ name }) => name)).toEqual([])
    })

    layers(story, way)
    routes(story, () => served as Served)
    patterns(story, () => served as Served)
    errors(story, version)
  })
}

type Story = (path: string, register: Register, init?: RequestInit) => Promise<string[]>

function layers(story: Story, way: Way): void {
  test('each function of app.use is a phase, in order, and the view is the last handler of its route', async () => {
    const lines = await story('/books/7', (app) => {
      app.use(first, [second, third])
      app.get('/books/:id', auth, bookPage)
    })
    expect(lines).toEqual([
      'GET /books/:id: first process_request',
      'GET /books/:id: second process_request',
      'GET /books/:id: third process_request',
      'GET /books/:id: resolve',
      'GET /books/:id: auth process_view',
      'GET /books/:id: view bookPage',
    ])
  })

  test('a function without a name is called by where it was registered, never <anonymous>', async () => {
    const lines = await story('/a', (app) => {
      app.use((_req, _res, next) => next())
      app.get('/a', (_req, res) => void res.send('a'))
    })
    const place = way.knowsPlaces ? PLACE : `(${PLACE}|(/a )?#\\d)`
    expect(lines[0]).toMatch(new RegExp(`^GET /a: ${place} process_request$`))
    expect(lines[2]).toMatch(new RegExp(`^GET /a: view ${place}$`))
  })

  test('code inside a layer, also after an await, runs in its phase', async () => {
    const seen: (string | undefined)[] = []
    const look = (): void => void seen.push((observer.current() as { name?: string } | undefined)?.name)
    await story('/a', (app) => {
      app.use(async function before(_req, _res, next) {
        await Promise.resolve()
        look()
        next()
      })
      app.get('/a', async function page(_req, res) {
        look()
        await Promise.resolve()
        look()
        res.send('a')
      })
    })
    expect(seen).toEqual(['before process_request', 'view page', 'view page'])
  })

  test('express.static is a layer that answers, and no route', async () => {
    const lines = await story('/serve.ts', (app, express) => void app.use(express.static(import.meta.dirname), bookPage))
    expect(lines).toEqual(['GET: serveStatic process_request'])
  })

  test('a request that nothing answers is the final handler’s', async () => {
    expect(await story('/none', (app) => void app.use(first))).toEqual(['GET: first process_request'])
  })
}

function routes(story: Story, served: () => Served): void {
  test('layers of a mounted router nest under it, and http.route has all mounts', async () => {
    const lines = await story('/shop/eu/books/7', (app, express) => {
      const inner = express.Router({ mergeParams: true }).use(second).get('/books/:id', bookPage)
      const outer = express.Router().use(first).use('/:region', inner)
      app.use('/shop', outer)
    })
    expect(lines).toEqual([
      'GET /shop/:region/books/:id: resolve > first process_request',
      'GET /shop/:region/books/:id: resolve > resolve > second process_request',
      'GET /shop/:region/books/:id: resolve > resolve > resolve',
      'GET /shop/:region/books/:id: resolve > resolve > view bookPage',
    ])
    expect(served().record.find('gateway').attributes['http.route']).toBe('/shop/:region/books/:id')
  })

  test('the same router mounted twice has two routes', async () => {
    const names = [] as string[]
    await story('/a/1', (app, express) => {
      const books = express.Router().get('/:id', bookPage)
      app.use('/a', books).use('/b', books).use(['/c', '/d'], books)
    })
    for (const path of ['/a/1', '/b/2', '/d/3', '/a/4']) {
      await served().get(path)
      names.push(served().record.find('gateway').name)
    }
    expect(names).toEqual(['GET /a/:id', 'GET /b/:id', 'GET /d/:id', 'GET /a/:id'])
  })

  test('a router that has handed back is over, and the next one starts with its own mount', async () => {
    const lines = await story('/a/x', (app, express) => {
      app.use('/a', express.Router().use(first))
      app.use('/a', express.Router().get('/:id', bookPage))
    })
    expect(lines).toEqual([
      'GET /a/:id: resolve > first process_request',
      'GET /a/:id: resolve > resolve',
      'GET /a/:id: resolve > view bookPage',
    ])
  })

  test('a mounted app is a router', async () => {
    const lines = await story('/admin/users/7', (app, express) => {
      const admin = express()
      admin.get('/users/:id', bookPage)
      app.use('/admin', admin)
    })
    expect(lines.filter((line) => !/query|expressInit/.test(line))).toEqual([
      'GET /admin/users/:id: resolve > resolve',
      'GET /admin/users/:id: resolve > view bookPage',
    ])
  })

  test('a router called from a function’s own code hangs under that function', async () => {
    const lines = await story('/lazy/7', (app, express) => {
      const router = express.Router().get('/:id', bookPage)
      app.use('/lazy', function lazily(req, res, next) {
        router(req, res, next)
      })
    })
    expect(lines).toEqual([
      'GET /lazy/:id: lazily process_request > resolve > resolve',
      'GET /lazy/:id: lazily process_request > resolve > view bookPage',
    ])
  })
}

function patterns(story: Story, served: () => Served): void {
  test('router.param is part of finding the route', async () => {
    const lines = await story('/books/7', (app) => {
      app.param('id', async (_req, _res, next) => {
        await Promise.resolve()
        next()
      })
      app.get('/books/:id', bookPage)
    })
    expect(lines).toEqual(['GET /books/:id: resolve > resolve param id', 'GET /books/:id: view bookPage'])
  })

  test('one of several paths, a regular expression and a HEAD of a GET have their route', async () => {
    const names = [] as string[]
    await story('/a', (app) => {
      app.get(['/a', '/b/:id'], bookPage)
      app.get(/^\/c(\d+)$/, bookPage)
      app.route('/d').all(auth).post(bookPage).get(bookPage)
    })
    for (const [path, method] of [
      ['/b/2', 'GET'],
      ['/c34', 'GET'],
      ['/d', 'HEAD'],
      ['/d', 'POST'],
    ] as const) {
      await served().get(path, { method })
      names.push(`${served().record.find('gateway').name} > ${served().record.find('view').name}`)
    }
    expect(names).toEqual([
      'GET /b/:id > view bookPage',
      'GET /^\\/c(\\d+)$/ > view bookPage',
      'HEAD /d > view bookPage',
      'POST /d > view bookPage',
    ])
  })

  test('the view of a route is the last handler of the method, whatever is there for all others', async () => {
    const lines = await story('/d', (app) => {
      app.route('/d').all(auth).get(bookPage).all(never)
    })
    expect(lines).toEqual(['GET /d: resolve', 'GET /d: auth process_view', 'GET /d: view bookPage'])
  })

  test("next('route') and next('router') are no errors", async () => {
    const lines = await story('/r/a', (app, express) => {
      const router = express.Router()
      router.get(
        '/a',
        function skip(_req, _res, next) {
          next('route')
        },
        never,
      )
      router.get('/a', function leave(_req, _res, next) {
        next('router')
      })
      app.use('/r', router)
      app.get('/r/:id', bookPage)
    })
    expect(lines).toEqual([
      'GET /r/:id: resolve > resolve',
      'GET /r/:id: resolve > skip process_view',
      'GET /r/:id: resolve > resolve',
      'GET /r/:id: resolve > view leave',
      'GET /r/:id: resolve',
      'GET /r/:id: view bookPage',
    ])
  })
}

function errors(story: Story, { major }: Version): void {
  const ways: Record<string, RequestHandler> = {
    passed: (_req, _res, next) => next(new TypeError('no')),
    'passed later': (_req, _res, next) => void setImmediate(() => next(new TypeError('no'))),
    thrown: raise,
    ...(major === 5 && { rejected: () => Promise.resolve().then(raise) }),
  }
  for (const [how, way] of Object.entries(ways)) {
    test(`an error ${how} is on the layer where it happened, and on the gateway if it became a 5xx`, async () => {
      const fail: RequestHandler = (req, res, next) => way(req, res, next)
      const lines = await story('/a', (app) => {
        app.use(first, fail, second, passOn, sorry)
      })
      expect(lines).toEqual([
        'GET !TypeError: first process_request',
        'GET !TypeError: fail process_request !TypeError',
        'GET !TypeError: passOn process_exception',
        'GET !TypeError: sorry process_exception',
      ])
    })
  }

  test('an error that nobody handles is the gateway’s, too', async () => {
    expect(
      await story(
        '/a',
        (app) =>
          void app.get('/a', function page() {
            raise()
          }),
      ),
    ).toEqual(['GET /a !TypeError: resolve', 'GET /a !TypeError: view page !TypeError'])
  })

  test('a 4xx error is no error', async () => {
    const lines = await story('/a', (app) => {
      app.use(function find(_req, _res, next) {
        next(Object.assign(new Error('gone'), { status: 410 }))
      })
    })
    expect(lines).toEqual(['GET: find process_request'])
  })

  test('double next() runs what it runs without us, and ends no other layer’s phase', async () => {
    const lines = await story('/a', (app) => {
      app.use(function twice(_req, _res, next) {
        next()
        next()
      })
      app.use(function slow(_req, res) {
        setImmediate(() => res.send('slow'))
      })
      app.use(function second(_req, _res, next) {
        next()
      })
      app.use(function third() {})
    })
    expect(lines).toEqual([
      'GET: twice process_request',
      'GET: slow process_request',
      'GET: second process_request',
      'GET: third process_request',
    ])
  })
}

const first = named('first')
const second = named('second')
const third = named('third')
const auth = named('auth')

function named(name: string): RequestHandler {
  return Object.defineProperty<RequestHandler>((_req, _res, next) => next(), 'name', { value: name })
}

const bookPage: RequestHandler = (_req, res) => void res.send('book')

const never: RequestHandler = () => {
  throw new Error('was to be skipped')
}

function raise(): never {
  throw new TypeError('no')
}

const passOn: ErrorRequestHandler = (error, _req, _res, next) => next(error)

const sorry: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(500).send('sorry')
