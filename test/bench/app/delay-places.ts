// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import type Express from 'express'
import type { Request, RequestHandler, Response } from 'express'
import type compression from 'compression'
import type session from 'express-session'
import type morgan from 'morgan'
import { once } from 'node:events'
import { get, request, Agent, type RequestOptions } from 'node:http'
import { get as secureGet, Agent as SecureAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import type pg from 'pg'
import type { Agent as UndiciAgent } from 'undici'

/** The known delay, in ms. */
export const KNOWN = 50

/** The packages, in the copy that the app under test loaded, by `import` or by `require`. */
export interface Packages {
  readonly express: typeof Express
  readonly session: typeof session
  readonly compression: typeof compression
  readonly morgan: typeof morgan
  readonly pg: typeof pg
  readonly undici: { readonly Agent: typeof UndiciAgent; readonly fetch: typeof fetch }
}

/** Servers of the process that measures, which nobody watches: each path of theirs is late in its own way. */
export interface Surroundings {
  readonly slow: number
  readonly slowTls: number
  /** Of a PostgreSQL; empty if there is none. */
  readonly postgres: string
}

/** Late by a known time: whoever is, says how long it really was, by the clock around it. */
export interface Late {
  /** Keeps the thread busy. */
  burn(): void
  /** Does nothing for a while. */
  wait(then: () => unknown): void
  pause(): Promise<void>
  /** It was late by so many ms. */
  was(ms: number): void
}

type App = ReturnType<typeof Express>

export interface Place {
  readonly where: string
  /** The phase's name that has to have the time. */
  readonly who: string
  /** What is asked for; `/` if not said. */
  readonly path?: string
  /** Who asks does so when the app is busy with its new connection, or says that the request was made a while ago. */
  readonly client?: 'disturbing' | 'queued'
  /** Not on Express 4, which leaves promises alone. */
  readonly only5?: boolean
  readonly put: (app: App, packages: Packages, late: Late, around: Surroundings) => unknown
}

const page: RequestHandler = (_req, res) => void res.send('page')
const named = <Fn extends object>(name: string, fn: Fn): Fn => Object.defineProperty(fn, 'name', { value: name })
const compressed = ({ compression }: Packages): RequestHandler => compression({ threshold: 0 })

function sessions(
  { session }: Packages,
  slow: (Store: typeof session.MemoryStore) => typeof session.MemoryStore,
): RequestHandler {
  const Store = slow(session.MemoryStore)
  return session({ secret: 'x', resave: true, saveUninitialized: true, store: new Store() })
}

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

const errors: RequestHandler = () => {
  throw new Error('no')
}

/** What middlewares, routes and handlers do: depends on Express. */
export const IN_EXPRESS: readonly Place[] = [
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
    put: (app, packages, late) =>
      app
        .use(
          sessions(packages, (Store) => Store),
          wrapping('writeHead', late.burn),
          compressed(packages),
        )
        .get('/', page),
  },
  {
    where: '`write` that a middleware wrapped',
    who: 'wrapper process_response',
    put: (app, _, late) => app.use(wrapping('write', late.burn)).get('/', (_req, res) => (res.write('x'), void res.end('y'))),
  },
  {
    where: '`end` that a middleware wrapped, before the inner one',
    who: 'wrapper process_response',
    put: (app, packages, late) =>
      app
        .use(
          sessions(packages, (Store) => Store),
          wrapping('end', late.burn),
          compressed(packages),
        )
        .get('/', page),
  },
  {
    where: '`end` that a middleware wrapped, after the inner one',
    who: 'wrapper process_response',
    put: (app, _, late) => app.use(wrapping('end', () => {}, late.burn)).get('/', page),
  },
  {
    where: 'express-session: its store, on reading',
    who: 'session process_request',
    put: (app, packages, late) =>
      app
        .use((req, _res, next) => {
          req.headers.cookie = `connect.sid=${encodeURIComponent(`s:1.${SIGNATURE}`)}`
          next()
        })
        .use(
          sessions(
            packages,
            (Store) =>
              class extends Store {
                override get(...[, done]: Parameters<InstanceType<typeof Store>['get']>): void {
                  late.wait(() => done(null, null))
                }
              },
          ),
        )
        .get('/', page),
  },
  {
    where: 'express-session: its store, on saving',
    who: 'session process_response',
    put: (app, packages, late) =>
      app
        .use(
          packages.morgan('tiny', { stream: { write: () => {} } }),
          compressed(packages),
          sessions(
            packages,
            (Store) =>
              class extends Store {
                override set(...args: Parameters<InstanceType<typeof Store>['set']>): void {
                  late.wait(() => super.set(...args))
                }
              },
          ),
        )
        .get('/', page),
  },
  {
    where: 'compression: its filter, when the head is written',
    who: 'compression process_response',
    put: (app, packages, late) =>
      app
        .use(
          packages.compression({ filter: () => (late.burn(), false) }),
          sessions(packages, (Store) => Store),
        )
        .get('/', page),
  },
  {
    where: 'morgan: its stream, on the way in (`immediate`)',
    who: 'logger process_request',
    put: (app, { morgan }, late) => app.use(morgan('tiny', { immediate: true, stream: { write: late.burn } })).get('/', page),
  },
  {
    where: '`router.param`',
    who: 'resolve param id',
    path: '/7',
    put: (app, _, late) => app.param('id', (_req, _res, next) => late.wait(next)).get('/:id', page),
  },
  {
    where: 'middleware of a route',
    who: 'guard process_view',
    put: (app, _, late) => app.get('/', named('guard', ((_req, _res, next) => late.wait(next)) as RequestHandler), page),
  },
  {
    where: 'handler that is busy',
    who: 'view handler',
    put: (app, _, late) => app.get('/', named('handler', ((_req, res) => (late.burn(), void res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler, after `await`',
    who: 'view handler',
    put: (app, _, late) =>
      app.get('/', named('handler', (async (_req, res) => (await late.pause(), void res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler with a callback',
    who: 'view handler',
    put: (app, _, late) => app.get('/', named('handler', ((_req, res) => late.wait(() => res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler that writes its head first',
    who: 'view handler',
    put: (app, _, late) =>
      app.get('/', named('handler', ((_req, res) => (res.writeHead(200), late.wait(() => res.end('x')))) as RequestHandler)),
  },
  {
    where: 'stream, after the handler has returned',
    who: 'respond',
    put: (app, _, late) => app.get('/', (_req, res) => (res.write('x'), late.wait(() => res.end('y')))),
  },
  {
    where: 'error handler',
    who: 'sorry process_exception',
    put: (app, _, late) =>
      app
        .get('/', errors)
        .use(
          named('sorry', (_error: unknown, _req: Request, res: Response, _next: unknown) =>
            late.wait(() => res.status(500).end('x')),
          ),
        ),
  },
  {
    where: '`res.render`, in an EJS template',
    who: 'render delayed',
    put(app, _, late) {
      app.set('views', `${import.meta.dirname}/views`).set('view engine', 'ejs')
      app.get('/', (_req, res) => res.render('delayed', { burn: late.burn }))
    },
  },
]

/** cookie-signature's of `1` with the secret `x`. */
const SIGNATURE = 'vAkGeqrRBY000llbRVtp4bLlFdS1eAgLT+roVPlGbyY'

const HERE = { address: '127.0.0.1', family: 4 }
/** Nobody has it (RFC 5737). */
const SILENT = { address: '198.51.100.7', family: 4 }

/** What depends on no Express: what a handler calls, and what is before the app. */
export const ELSEWHERE: readonly Place[] = [
  {
    where: 'busy between a new connection and reading what is on it',
    who: 'accept',
    client: 'disturbing',
    put: (app) => app.get('/', page),
  },
  {
    where: 'queue before the app, as `X-Request-Start` says',
    who: 'queue',
    client: 'queued',
    put: (app) => app.get('/', page),
  },
  {
    where: 'query of `node:sqlite`',
    who: 'SELECT',
    put(app, _, late) {
      const database = new DatabaseSync(':memory:')
      database.function('late', () => (late.burn(), 1))
      app.get('/', (_req, res) => void res.json(database.prepare('SELECT late()').get()))
    },
  },
  {
    where: 'query of `pg` (the server’s own clock says how late)',
    who: 'SELECT',
    put(app, { pg }, late, { postgres }) {
      const pool = new pg.Pool({ connectionString: postgres })
      const clock = 'extract(epoch from clock_timestamp())'
      app.get('/', async (_req, res) => {
        const { rows } = await pool.query<{ a: string; b: string }>(
          `SELECT ${clock} AS a, pg_sleep(${KNOWN / 1_000}), ${clock} AS b`,
        )
        late.was((Number(rows[0]?.b) - Number(rows[0]?.a)) * 1_000)
        res.send('x')
      })
    },
  },
  {
    where: 'wait for a connection of `pg.Pool`',
    who: 'db pool wait',
    put(app, { pg }, late, { postgres }) {
      const pool = new pg.Pool({ connectionString: postgres, max: 1 })
      app.get('/', async (_req, res) => {
        const held = await pool.connect()
        const asked = pool.query('SELECT 1')
        late.wait(() => held.release())
        await asked
        res.send('x')
      })
    },
  },
  ...clients('node:http', (options) => ask(get, options)),
  {
    where: 'client (`node:http`): wait for a connection that another call has',
    who: 'wait for connection',
    put(app, _, late, { slow }) {
      const agent = new Agent({ maxSockets: 1, keepAlive: true })
      app.get('/', async (_req, res) => {
        const first = ask(get, { port: slow, path: '/head', agent })
        const from = performance.now()
        const second = ask(get, { port: slow, path: '/', agent })
        await first
        late.was(performance.now() - from)
        await second
        res.send('x')
      })
    },
  },
  {
    where: 'client (`node:http`): an address that does not answer, until the next one is tried',
    who: `socket connect ${SILENT.address}`,
    put(app, _, late, { slow }) {
      app.get('/', async (_req, res) => {
        let from = 0
        const lookup = ((_host, _options, done) => {
          from = performance.now()
          done(null, [SILENT, HERE])
        }) as LookupFunction
        const options = { port: slow, host: 'late.test', lookup, agent: false, autoSelectFamilyAttemptTimeout: KNOWN }
        await ask((given, answered) => {
          const made = get(given, answered)
          const next = (address: string): void => void (address === HERE.address && late.was(performance.now() - from))
          return made.once('socket', (socket) => socket.on('connectionAttempt', next))
        }, options)
        res.send('x')
      })
    },
  },
  {
    where: 'client (`node:http`): a body that is sent in two parts',
    who: 'send request',
    put: (app, _, late, { slow }) =>
      app.get('/', async (_req, res) => {
        await ask(twoParts(late), { port: slow, agent: false })
        res.send('x')
      }),
  },
  {
    where: 'client (`node:https`): the server’s TLS handshake',
    who: 'TLS client handshake localhost',
    put(app, _, _late, { slowTls }) {
      const agent = new SecureAgent({ rejectUnauthorized: false })
      app.get('/', async (_req, res) => {
        await ask(secureGet, { port: slowTls, host: 'localhost', agent })
        res.send('x')
      })
    },
  },
  ...clients('fetch', async ({ port, path = '/', lookup }, { undici }) => {
    const dispatcher = new undici.Agent(lookup === undefined ? {} : { connect: { lookup } })
    await (await undici.fetch(`http://late.test:${port}${path}`, { dispatcher } as object)).text()
    await dispatcher.close()
  }),
  ...proxied(),
]

type Ask = (options: RequestOptions, packages: Packages) => Promise<unknown>

/** The same for each client: how late the name, the head and the body are. */
function clients(name: string, call: Ask): Place[] {
  const found = ((_host: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) =>
    all === true ? done(null, [HERE]) : done(null, HERE.address, HERE.family)) as unknown as LookupFunction
  const base = { host: 'late.test', agent: false } as const
  const place = (where: string, who: string, options: (late: Late) => RequestOptions): Place => ({
    where: `client (\`${name}\`): ${where}`,
    who,
    put: (app, packages, late, { slow }) =>
      app.get('/', async (_req, res) => {
        await call({ ...base, port: slow, lookup: found, ...options(late) }, packages)
        res.send('x')
      }),
  })
  return [
    place('the name lookup', 'DNS lookup late.test', (late) => ({
      lookup: (...args) => late.wait(() => found(...args)),
    })),
    place('the server’s head', 'wait for response', () => ({ path: '/head' })),
    place('the server’s body', 'receive response', () => ({ path: '/body' })),
  ]
}

/** Phaseline's own proxy, in this process before the slow server: its address comes with the request. */
function proxied(): Place[] {
  const place = (where: string, who: string, path: string): Place => ({
    where: `proxy: ${where}`,
    who,
    put: (app, _, late) =>
      app.get('/', async (req, res) => {
        const port = Number(req.headers['x-proxy'])
        await ask(path === '/body-in' ? twoParts(late) : get, { port, path, agent: false })
        res.send('x')
      }),
  })
  return [
    place('the client’s body, until it has all of it', 'proxy receive', '/body-in'),
    place('the app’s head', 'proxy wait', '/head'),
    place('the app’s body', 'proxy respond', '/body'),
  ]
}

type Caller = (options: RequestOptions, answered: (response: NodeJS.ReadableStream) => void) => NodeJS.EventEmitter

/** Sends the second half of its body late. */
function twoParts(late: Late): Caller {
  return (options, answered) => {
    const made = request({ ...options, method: 'POST' }, answered)
    made.once('socket', (socket) => socket.once('connect', () => late.wait(() => made.end('two'))))
    made.write('one')
    return made
  }
}

async function ask(call: Caller, options: RequestOptions): Promise<void> {
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    call({ host: '127.0.0.1', ...options }, resolve).once('error', reject)
  })
  response.resume()
  await once(response, 'end')
}
