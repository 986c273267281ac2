import { Agent as Connections, createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { watchExpress } from '../../src/express/watch.ts'
import { watchServerTiming } from '../../src/gateway/server-timing.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { shutdown, start, type StartOptions } from '../../src/index.ts'
import { gatewayOf } from '../../src/model/gateway.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { unwatched } from '../../src/model/unwatched.ts'
import { collector, type TestCollector } from '../agent/collector.ts'

const VIEW = label('view', 'view book')
const TRACE = /^traceparent;desc="00-[0-9a-f]{32}-[0-9a-f]{16}-01", total;dur=[\d.]+/

let sink: TestCollector
let agent: Agent | undefined
let undo: (() => void)[]
const open: Server[] = []

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function ask(listener: RequestListener): Promise<IncomingMessage> {
  const port = await serve(listener)
  const asked = get({ port, agent: unwatched(new Connections()) })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  return response
}

const timing = ({ headers }: IncomingMessage): string => String(headers['server-timing'])

beforeEach(async () => {
  sink = await collector()
  agent = await startAgent({ endpoint: sink.url, env: {} })
  undo = [watchServers(), watchExpress(), watchServerTiming()]
})

afterEach(async () => {
  for (const back of undo) back()
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
  await agent?.shutdown(100)
  await sink.close()
})

test('an answer tells its trace, the time so far, and the phases until its head', async () => {
  const answer = await ask((request, response) => {
    const view = observer.begin(VIEW, gatewayOf(request))
    observer.begin(label('db', 'SELECT "book"'), view)?.end()
    response.end('hi')
  })
  expect(timing(answer)).toMatch(TRACE)
  expect(timing(answer)).toMatch(/, view;dur=[\d.]+;desc="view book", db;dur=[\d.]+;desc="SELECT \\"book\\""$/)
})

test('in Express every middleware before the answer is told of', async () => {
  const app = express()
  app.use(function session(_request, _response, next) {
    next()
  })
  app.get('/', function home(_request, response) {
    response.json({ a: 1 })
  })
  const answer = await ask(app)
  expect(timing(answer)).toMatch(/middleware\.request;dur=[\d.]+;desc="session[^"]*"/)
  expect(timing(answer)).toMatch(/view;dur=[\d.]+;desc="view home"/)
})

test.each<[string, unknown[]]>([
  ['nothing', []],
  ['an object', [{ 'x-mine': '1' }]],
  ['a reason and an object', ['Fine', { 'x-mine': '1' }]],
  ['a list', [['x-mine', '1']]],
  ['a list of pairs', [[['x-mine', '1']]]],
])('writeHead with %s keeps what it says', async (_what, rest) => {
  const answer = await ask((_request, response) => {
    if (rest.length === 0) response.setHeader('x-mine', '1')
    response.writeHead(201, ...(rest as []))
    response.end()
  })
  expect([answer.statusCode, answer.headers['x-mine']]).toEqual([201, '1'])
  expect(timing(answer)).toMatch(TRACE)
})

test.each<[string, RequestListener]>([
  ['set before', (_request, response) => response.setHeader('Server-Timing', 'mine;dur=1').end()],
  [
    'set before, with other headers in the head',
    (_request, response) => response.setHeader('Server-Timing', 'mine;dur=1').writeHead(200, { a: '1' }).end(),
  ],
  [
    'set before, with a list in the head',
    (_request, response) => response.setHeader('Server-Timing', 'mine;dur=1').writeHead(200, ['a', '1']).end(),
  ],
  ['in the head', (_request, response) => response.writeHead(200, { 'server-timing': 'mine;dur=1' }).end()],
  ['in the head as a list', (_request, response) => response.writeHead(200, ['Server-Timing', 'mine;dur=1']).end()],
  ['set several times', (_request, response) => response.setHeader('Server-Timing', ['mine;dur=1', 'other']).end()],
])('what the app says itself stays: %s', async (_what, listener) => {
  const answer = await ask(listener)
  expect(timing(answer)).toContain('mine;dur=1')
  expect(timing(answer)).toContain('traceparent;desc=')
})

test('a hundred phases with long names make no long header, and the longest are told of', async () => {
  const answer = await ask((request, response) => {
    const gateway = gatewayOf(request)
    for (let i = 0; i < 100; i++) observer.begin(label('db', `${i} ${'ü'.repeat(200)}`), gateway, 10)?.end(i === 50 ? 900 : 11)
    response.end()
  })
  expect(timing(answer).length).toBeLessThan(1_500)
  expect(timing(answer)).toContain('db;dur=890;desc="50 ???')
})

test('over HTTP/2 it is there too', async () => {
  const server = http2.createServer((_request, response) => response.end('hi')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [headers] = (await once(client.request({ ':path': '/' }), 'response')) as [http2.IncomingHttpHeaders]
  expect(String(headers['server-timing'])).toMatch(TRACE)
  client.destroy()
  server.close()
})

test('an answer is given though telling its time fails', async () => {
  const answer = await ask((request, response) => {
    const gateway = gatewayOf(request)
    if (gateway !== undefined)
      gateway.progress = () => {
        throw new Error('broken')
      }
    response.end('hi')
  })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['server-timing']).toBeUndefined()
})

test('a head that was sent already fails as it would without us', async () => {
  let code: unknown
  await ask((_request, response) => {
    response.writeHead(200)
    response.flushHeaders()
    try {
      response.writeHead(201)
    } catch (error) {
      code = (error as NodeJS.ErrnoException).code
    }
    response.end()
  })
  expect(code).toBe('ERR_HTTP_HEADERS_SENT')
})

test('once it is off nothing is told', async () => {
  for (const back of undo.splice(2)) back()
  expect((await ask((_request, response) => response.end())).headers['server-timing']).toBeUndefined()
})

test.each<[StartOptions, boolean]>([
  [{ env: {} }, true],
  [{ env: { NODE_ENV: 'production' } }, false],
  [{ env: { NODE_ENV: 'production', PHASELINE_SERVER_TIMING: '1' } }, true],
  [{ env: { PHASELINE_SERVER_TIMING: '0' } }, false],
  [{ env: { NODE_ENV: 'production' }, serverTiming: true }, true],
  [{ env: { PHASELINE_SERVER_TIMING: '1' }, serverTiming: false }, false],
  [{ env: { NODE_ENV: 'production' }, serverTiming: 'traceparent' }, true],
  [{ env: { NODE_ENV: 'production', PHASELINE_SERVER_TIMING: 'traceparent' } }, true],
])('start(%j) tells: %j', async (options, tells) => {
  for (const back of undo.splice(0)) back()
  await agent?.shutdown(100)
  await start({ endpoint: sink.url, ...options })
  const answer = await ask((_request, response) => response.end())
  await shutdown(100)
  expect('server-timing' in answer.headers).toBe(tells)
})

test('of an answer that tells just its trace, nobody learns more', async () => {
  undo.push(watchServerTiming('traceparent'))
  const answer = await ask((_request, response) => response.end())
  expect(timing(answer)).toMatch(/^traceparent;desc="00-[0-9a-f]{32}-[0-9a-f]{16}-01"$/)
})
