import compression from 'compression'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import session from 'express-session'
import morgan from 'morgan'
import { afterEach, describe, expect, test } from 'vitest'
import type { Recorded } from '../recorder.ts'
import { unwatch, VERSIONS, WAYS, type App, type Way } from './load.ts'
import { burn, serve, wrapping, type Served } from './serve.ts'

/** In ms: enough to be worth a phase. How long it really lasts does not matter, only when: it has to lie within the right phase. */
const KNOWN = 5

/** When somebody was late, on the clock of the phases. */
let lateness: { from: number; to: number } | undefined

const burning = (): void => {
  const from = performance.now()
  burn(KNOWN)
  lateness = { from, to: performance.now() }
}
const wait = (then: () => unknown): void => {
  const from = performance.now()
  setTimeout(() => {
    lateness = { from, to: performance.now() }
    then()
  }, KNOWN)
}
const pause = (): Promise<void> => new Promise((resolve) => wait(resolve))

class SlowStore extends session.MemoryStore {
  override set(id: string, data: session.SessionData, done?: (error?: unknown) => void): void {
    wait(() => super.set(id, data, done))
  }
}

const sessions = (store = new session.MemoryStore()): RequestHandler =>
  session({ secret: 'x', resave: true, saveUninitialized: true, store })
const compressed = compression({ threshold: 0 })
const page: RequestHandler = (_req, res) => void res.send('page')

const busy: RequestHandler = (_req, _res, next) => {
  burning()
  next()
}
const slow: RequestHandler = async (_req, _res, next) => {
  await pause()
  next()
}
const later: RequestHandler = (_req, _res, next) => wait(next)
const after: RequestHandler = (_req, _res, next) => {
  next()
  burning()
}
const blocks: RequestHandler = (_req, res) => {
  burning()
  res.send('x')
}
const calledBack: RequestHandler = (_req, res) => wait(() => res.send('x'))
const headFirst: RequestHandler = (_req, res) => {
  res.writeHead(200)
  wait(() => res.end('x'))
}
const writes: RequestHandler = (_req, res) => {
  res.write('x')
  res.end('y')
}
const promises: RequestHandler = async (_req, res) => {
  await pause()
  res.send('x')
}
const fails: RequestHandler = () => {
  throw new Error('no')
}
const sorry: ErrorRequestHandler = (_error, _req, res, _next) => wait(() => res.status(500).end('x'))
const rendered: RequestHandler = (_req, res) => res.render('page')

/** Where an app is late, and the phase that has to have the time. */
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
    'a write that a middleware has wrapped, before the inner one',
    'wrapper process_response',
    (app) => app.use(wrapping('wrapper', 'write', burning)).get('/:id', writes),
  ],
  [
    'the same, after the inner one',
    'wrapper process_response',
    (app) => app.use(wrapping('wrapper', 'write', () => {}, burning)).get('/:id', writes),
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

  test.each(PLACES)('what %s takes is found on %s', async (_where, who, register) => {
    lateness = undefined
    served = await serve(zeroCode.make(version, register))
    await served.get('/7')
    expect(innermostDuring(served.record.phases())).toEqual([who])
  })
})

/** The phases in whose own time somebody was late: they last from before it until after it, and none of their parts does. */
function innermostDuring(phases: readonly Recorded[]): string[] {
  const { from, to } = lateness ?? expect.fail('nobody was late')
  const around = phases.filter(({ start, finish = 0 }) => start <= from && finish >= to)
  return around.filter((phase) => !around.some(({ parent }) => parent === phase)).map(({ name }) => name)
}
