import compression from 'compression'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import session from 'express-session'
import { once as event } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { made, unwatch, VERSIONS, WAYS, type App, type ExpressModule } from './load.ts'
import { serve } from './serve.ts'

afterEach(unwatch)

/** An app that does what Express lets one do, and writes down in which order. */
function everything(log: string[]): (app: App, express: ExpressModule) => void {
  const note =
    (text: string): RequestHandler =>
    (req, _res, next) => {
      log.push(`${text} ${req.baseUrl}|${req.url}|${JSON.stringify(req.params)}`)
      next()
    }
  return (app, express) => {
    app.use(session({ secret: 'x', resave: false, saveUninitialized: true, genid: () => 'id' }), compression({ threshold: 0 }))
    app.use(note('a'), [note('b'), [note('c')] as never])
    app.param('id', (req, _res, next, value) => {
      log.push(`param ${String(value)}`)
      if (value === 'bad') throw Object.assign(new Error('bad id'), { status: 400 })
      req.params['id'] = `${String(value)}!`
      next()
    })
    const router = express.Router({ mergeParams: true, strict: true })
    router.param('sub', (_req, _res, next, value) => next(value === 'none' ? 'route' : undefined))
    router.get('/:sub', note('sub'), (req, res) => void res.json(req.params))
    router.all('/:any', (req, res) => void res.send(`any ${req.params['any'] ?? ''}`))
    app.use('/users/:id', note('user'), router)
    app.get('/users/:id', (req, res) => void res.send(req.params['id']))
    app.get('/skip', (_req, _res, next) => next('route'), note('never'))
    app.get('/twice', (_req, _res, next) => (next(), next()))
    const once: RequestHandler = (_req, res) => void (res.headersSent || res.send('once'))
    app.get('/twice', once).get('/twice', once)
    app.get('/throw', () => {
      throw new TypeError('thrown')
    })
    app.get('/late', (_req, res) => void setImmediate(() => res.status(201).set('x-late', '1').end('late')))
    app.get('/write', (_req, res) => {
      res.writeHead(206, 'Some', { 'content-type': 'text/plain' })
      res.write('a')
      res.write(Buffer.from('b'))
      setImmediate(() => res.end('c', 'utf8'))
      res.on('finish', () => log.push('ended'))
    })
    app.get('/this', function self(this: unknown, req, res) {
      res.json([this === undefined, req.next?.name, req.route === undefined, typeof res.end])
    })
    app.use('/static', express.static(import.meta.dirname))
    const sub = express()
    sub.get('/inner', (req, res) => void res.send(`${req.baseUrl} ${String(req.app === sub)} ${sub.path()}`))
    app.use('/sub', sub)
    const handler: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, next) => {
      log.push(`error ${error.message}`)
      if (error.status === undefined) next(error)
      else res.status(error.status).send(error.message)
    }
    app.use(handler)
  }
}

const REQUESTS: readonly [path: string, method?: string][] = [
  ['/users/7'],
  ['/users/7/books'],
  ['/users/7/none'],
  ['/users/bad/books'],
  ['/users/7/books', 'OPTIONS'],
  ['/users/7', 'HEAD'],
  ['/users/7', 'POST'],
  ['/users/%E0%A4%A/x'],
  ['/skip'],
  ['/twice'],
  ['/throw'],
  ['/late'],
  ['/write'],
  ['/this'],
  ['/static/views/page.txt'],
  ['/static/../x'],
  ['/sub/inner?q=1'],
  ['/none'],
]

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Record<string, string>
}

async function answers(url: string): Promise<Answer[]> {
  const all = []
  for (const [path, method = 'GET'] of REQUESTS) {
    const response = await fetch(url + path, { method })
    const { date: _, ...headers } = Object.fromEntries(response.headers)
    // The final handler shows the stack in development, and ours is in it.
    const text = (await response.text()).replaceAll(/(<br> &nbsp;|\n).*/gs, '')
    if (response.status >= 500) delete headers['etag']
    all.push({ status: response.status, text, headers })
  }
  return all
}

describe.each(VERSIONS)('$name', (version) => {
  test.each(WAYS)('an app that is watched ($name) answers as it does without us', async (way) => {
    const bareLog: string[] = []
    const bare = createServer(made(version.load(), everything(bareLog))).listen(0, '127.0.0.1')
    await event(bare, 'listening')
    const address = bare.address() as { port: number }
    const expected = await answers(`http://127.0.0.1:${address.port}`)
    bare.close()
    const log: string[] = []
    const served = await serve(way.make(version, everything(log)))
    expect(await answers(served.url)).toEqual(expected)
    expect(log).toEqual(bareLog)
    expect(log).toContain('ended')
    expect(served.record.phases().filter(({ finish }) => finish === undefined)).toEqual([])
    await served.close()
  })
})
