import compression from 'compression'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import session from 'express-session'
import morgan from 'morgan'
import { afterEach, describe, expect, test } from 'vitest'
import type { Recorded } from '../recorder.ts'
import { unwatch, VERSIONS, WAYS, type App, type Way } from './load.ts'
import { burn, delay, serve, wrapping, type Served } from './serve.ts'

/** A known delay, far above what else happens. Nothing is compared with a clock: only phases with each other. */
const KNOWN = 50

class SlowStore extends session.MemoryStore {
  override set(id: string, data: session.SessionData, done?: (error?: unknown) => void): void {
    setTimeout(() => super.set(id, data, done), KNOWN)
  }
}

const sessions = (store = new session.MemoryStore()): RequestHandler =>
  session({ secret: 'x', resave: true, saveUninitialized: true, store })
const compressed = compression({ threshold: 0 })
const page: RequestHandler = (_req, res) => void res.send('page')
const wait = (then: () => unknown): void => void setTimeout(then, KNOWN)

const busy: RequestHandler = (_req, _res, next) => {
  burn(KNOWN)
  next()
}
const slow: RequestHandler = async (_req, _res, next) => {
  await delay(KNOWN)
  next()
}
const later: RequestHandler = (_req, _res, next) => wait(next)
const after: RequestHandler = (_req, _res, next) => {
  next()
  burn(KNOWN)
}
const blocks: RequestHandler = (_req, res) => {
  burn(KNOWN)
  res.send('x')
}
const calledBack: RequestHandler = (_req, res) => wait(() => res.send('x'))
const headFirst: RequestHandler = (_req, res) => {
  res.writeHead(200)
  wait(() => res.end('x'))
}
const promises: RequestHandler = async (_req, res) => {
  await delay(KNOWN)
  res.send('x')
}
const fails: RequestHandler = () => {
  throw new Error('no')
}
const sorry: ErrorRequestHandler = (_error, _req, res, _next) => wait(() => res.status(500).end('x'))
const rendered: RequestHandler = (_req, res) => res.render('page')
const burning = (): void => burn(KNOWN)

/** Where 50 ms are put into an app, and the phase that has to have them. */
const PLACES: readonly [where: string, who: string, register: (app: App) => unknown][] = [
  ['a middleware, before next', 'busy process_request', (app) => app.use(busy).get('/:id', page)],
  ['a middleware, awaiting before next', 'slow process_request', (app) => app.use(slow).get('/:id', page)],
  ['a middleware that calls next later', 'later process_request', (app) => app.use(later).get('/:id', page)],
  ['a middleware, after next', 'after process_response', (app) => app.use(after).get('/:id', page)],
  ['a middleware of a route', 'later process_view', (app) => app.get('/:id', later, page)],
  ['a parameter', 'resolve param id', (app) => app.param('id', (_req, _res, next) => wait(next)).get('/:id', page)],
  ['a view that blocks', 'view blocks', (app) => app.get('/:id', blocks)],
  ['a view with a callback', 'view calledBack', (app) => app.get('/:id', calledBack)],
  ['a view that writes its head first', 'view headFirst', (app) => app.get('/:id', headFirst)],
  ['a view that returns a promise', 'view promises', (app) => app.get('/:id', promises)],
  ['a handler of errors', 'sorry process_exception', (app) => app.get('/:id', fails).use(sorry)],
  [
    'a template engine',
    'render page',
    (app) => {
      app.engine('txt', (_file, _options, done) => wait(() => done(null, 'text')))
      app.set('views', `${import.meta.dirname}/views`).set('view engine', 'txt')
      app.get('/:id', rendered)
    },
  ],
  [
    'the store of express-session',
    'session process_response',
    (app) => app.use(morgan('tiny', { stream: { write: () => {} } }), compressed, sessions(new SlowStore())).get('/:id', page),
  ],
  [
    'an end that a middleware has wrapped, before the inner one',
    'wrapper process_response',
    (app) => app.use(sessions(), wrapping('wrapper', 'end', burning), compressed).get('/:id', page),
  ],
  [
    'the same, after the inner one',
    'wrapper process_response',
    (app) => app.use(wrapping('wrapper', 'end', () => {}, burning)).get('/:id', page),
  ],
  [
    'a writeHead that a middleware has wrapped',
    'wrapper process_response',
    (app) => app.use(sessions(), wrapping('wrapper', 'writeHead', burning), compressed).get('/:id', page),
  ],
]

let served: Served
afterEach(async () => {
  await served.close()
  unwatch()
})

describe.each(VERSIONS)('$name', (version) => {
  const [zeroCode] = WAYS as [Way]

  test.each(PLACES)('50 ms spent in %s are found on %s', async (_where, who, register) => {
    served = await serve(zeroCode.make(version, register))
    await served.get('/7')
    const phases = served.record.phases().filter(({ id }) => id !== 'gateway')
    const [most] = phases.toSorted((a, b) => b.self - a.self) as [Recorded]
    expect(most.name).toBe(who)
    expect(most.self).toBeGreaterThan(KNOWN * 0.9)
  })
})
