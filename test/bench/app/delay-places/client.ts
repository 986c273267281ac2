// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import { get, Agent, type RequestOptions } from 'node:http'
import { get as secureGet, Agent as SecureAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { ask, twoParts } from './ask.ts'
import { KNOWN, type Late, type Packages, type Place } from './place.ts'

const HERE = { address: '127.0.0.1', family: 4 }
/** Nobody has it (RFC 5737). */
const SILENT = { address: '198.51.100.7', family: 4 }

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

/** What a handler calls: another server, over HTTP. */
export const CLIENT: readonly Place[] = [
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
]
