// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import type { RequestHandler } from 'express'
import { compressed, sessions } from './packages.ts'
import { KNOWN, named, page, type Packages, type Place } from './place.ts'

/** Has its say in a method of the response, before and after the one that was there. */
function wrapping(method: 'write' | 'end' | 'writeHead', before: () => void, after: () => void = () => {}): RequestHandler {
  return named('wrapper', ((_req, res, next) => {
    const inner = Reflect.get(res, method) as (...args: unknown[]) => unknown
    Reflect.set(res, method, (...args: unknown[]) => {
      before()
      const result = inner.apply(res, args)
      after()
      return result
    })
    next()
  }) as RequestHandler)
}

/** Between two that wrap the same methods. */
const amid = (packages: Packages, wrapper: RequestHandler): RequestHandler[] => [
  sessions(packages, (Store) => Store),
  wrapper,
  compressed(packages),
]

/** Before `next()`, after it, and in what a middleware has wrapped of the response. */
export const MIDDLEWARE: readonly Place[] = [
  {
    where: 'middleware, busy before `next()`',
    who: 'early process_request',
    put: (app, _, late) =>
      app.use(named('early', ((_req, _res, next) => (late.burn(), next())) as RequestHandler)).get('/', page),
  },
  {
    where: 'middleware, `await` before `next()`',
    who: 'early process_request',
    put: (app, _, late) =>
      app.use(named('early', (async (_req, _res, next) => (await late.pause(), next())) as RequestHandler)).get('/', page),
  },
  {
    where: 'middleware that calls `next` from a callback',
    who: 'early process_request',
    put: (app, _, late) => app.use(named('early', ((_req, _res, next) => late.wait(next)) as RequestHandler)).get('/', page),
  },
  {
    where: 'one of several functions of one `app.use`',
    who: 'second process_request',
    put: (app, packages, late) =>
      app
        .use(
          compressed(packages),
          named('second', ((_req, _res, next) => late.wait(next)) as RequestHandler),
          named('third', ((_req, _res, next) => next()) as RequestHandler),
        )
        .get('/', page),
  },
  {
    where: 'middleware of a mounted router',
    who: 'inner process_request',
    put(app, { express }, late) {
      const router = express.Router()
      router.use(named('inner', ((_req, _res, next) => late.wait(next)) as RequestHandler))
      router.get('/', page)
      app.use(router)
    },
  },
  {
    where: 'middleware, busy after `next()`',
    who: 'around process_response',
    put: (app, _, late) =>
      app.use(named('around', ((_req, _res, next) => (next(), late.burn())) as RequestHandler)).get('/', page),
  },
  {
    where: 'middleware, `await` after `next()`, while the view waits as long again',
    who: 'around process_response',
    only5: true,
    put: (app, _, late) =>
      app
        .use(named('around', (async (_req, _res, next) => (next(), await late.pause())) as RequestHandler))
        .get('/', (_req, res) => void setTimeout(() => res.send('x'), 2 * KNOWN)),
  },
  {
    where: '`writeHead` that a middleware wrapped',
    who: 'wrapper process_response',
    put: (app, packages, late) => app.use(amid(packages, wrapping('writeHead', late.burn))).get('/', page),
  },
  {
    where: '`write` that a middleware wrapped',
    who: 'wrapper process_response',
    put: (app, _, late) => app.use(wrapping('write', late.burn)).get('/', (_req, res) => (res.write('x'), void res.end('y'))),
  },
  {
    where: '`end` that a middleware wrapped, before the inner one',
    who: 'wrapper process_response',
    put: (app, packages, late) => app.use(amid(packages, wrapping('end', late.burn))).get('/', page),
  },
  {
    where: '`end` that a middleware wrapped, after the inner one',
    who: 'wrapper process_response',
    put: (app, _, late) => app.use(wrapping('end', () => {}, late.burn)).get('/', page),
  },
]
