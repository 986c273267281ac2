import { channel } from 'node:diagnostics_channel'
import {
  connect,
  createSecureServer,
  type ClientHttp2Session,
  type Http2SecureServer,
  type IncomingHttpHeaders,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { carry } from '../../src/model/carried.ts'
import { watchClients } from '../../src/client/watch.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'

const pems = generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' })
let seen: Recorder
let server: Http2SecureServer
let session: ClientHttp2Session
let heads: IncomingHttpHeaders[]
let port: number

beforeEach(async () => {
  const { private: key, cert } = await pems
  heads = []
  server = createSecureServer({ key, cert }, (request, response) => {
    heads.push(request.headers)
    if (request.url === '/silent') return
    response.statusCode = request.url === '/gone' ? 410 : 200
    response.end('hello')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  seen = watching(watchClients)
  session = connect(`https://localhost:${port}`, { rejectUnauthorized: false })
})
afterEach(async () => {
  session.destroy()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
})

test('the first stream of a session has every phase, the next has nothing of the making of a connection', async () => {
  const ended = seen.ended()
  session.request({ ':path': '/books?token=1' }).resume()
  await ended
  const again = seen.ended(2)
  session.request({ ':path': '/gone' }).resume()
  await again
  expect(seen.sentences()).toEqual([
    'client GET > wait for connection > DNS lookup localhost',
    `client GET > wait for connection > socket connect 127.0.0.1:${port}`,
    'client GET > wait for connection > TLS client handshake localhost',
    'client GET > send request',
    'client GET > wait for response',
    'client GET > receive response',
    'client GET !410 > send request',
    'client GET !410 > wait for response',
    'client GET !410 > receive response',
  ])
  expect(seen.find('client').attributes).toMatchObject({
    'url.full': `https://localhost:${port}/books?token=REDACTED`,
    'http.response.status_code': 200,
    'network.protocol.version': '2',
    'phaseline.connection.reused': false,
  })
})

// An abandoned call of gRPC, say, is read all the same: it ends when it is reset.
test.each(['nobody reads', 'is read'])('a stream given up that %s is cancelled, and no error', async (how) => {
  const ended = seen.ended()
  const stream = session.request({ ':path': '/silent' })
  if (how === 'is read') stream.resume()
  stream.once('ready', () => stream.close(8))
  await ended
  expect(seen.find('client')).toMatchObject({ error: undefined, attributes: { 'phaseline.cancelled': true } })
})

test('a session that breaks is an error of its streams', async () => {
  const ended = seen.ended()
  const stream = session.request({ ':path': '/silent' }).on('error', () => {})
  stream.once('ready', () => session.destroy(Object.assign(new Error('broken'), { code: 'EBROKEN' })))
  session.on('error', () => {})
  await ended
  expect(seen.find('client').error).toBe('EBROKEN')
})

test('every stream carries the trace, the first of a session too, and what the caller gave stays as it is', async () => {
  const given = Object.freeze({ ':path': '/books', 'x-mine': 'yes' })
  const ended = seen.ended(2)
  session.request(given).resume()
  session.request().resume()
  await ended
  expect(heads.map(({ traceparent }) => traceparent)).toEqual(seen.all('client').map((call) => call.propagate().traceparent))
  expect(heads[0]).toMatchObject({ ':path': '/books', 'x-mine': 'yes' })
})

test('the caller’s own traceparent goes first', async () => {
  const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const ended = seen.ended()
  session.request({ Traceparent: own }).resume()
  await ended
  expect(heads[0]?.['traceparent']).toBe(own)
})

test('headers given as a list are carried on', async ({ skip }) => {
  skip(Number(process.versions.node.split('.')[0]) < 24, 'not in this Node')
  const ended = seen.ended()
  session.request(['x-mine', 'yes', ':path', '/books'] as never).resume()
  await ended
  expect(heads[0]).toMatchObject({ 'x-mine': 'yes', traceparent: seen.find('client').propagate().traceparent })
})

test('a stream that cannot be made throws as ever, and is a failed call', () => {
  expect(() => session.request({ connection: 'close' })).toThrow('connection')
  expect(seen.find('client')).toMatchObject({ error: 'ERR_HTTP2_INVALID_CONNECTION_HEADERS', finish: expect.any(Number) })
})

test('nothing is carried where that is not wanted', async () => {
  carry({ tracecontext: false, baggage: false })
  const ended = seen.ended()
  session.request().resume()
  await ended
  carry({ tracecontext: true, baggage: true })
  expect(heads[0]).not.toHaveProperty('traceparent')
})

// undici 6 says that a request is made and that it is answered, but of HTTP/2 not that it is sent.
test('a stream that undici 6 makes is the call that undici told of', async () => {
  const request = { method: 'GET', origin: `https://localhost:${port}`, path: '/books', headers: [] }
  const ended = seen.ended()
  channel('undici:request:create').publish({ request })
  Object.assign(session, { [Symbol('open streams')]: 0 })
  const stream = session.request({ ':path': '/books' })
  stream.on('end', () => channel('undici:request:trailers').publish({ request })).resume()
  await ended
  expect(seen.all('client').map(({ children }) => children.map(({ id }) => id))).toEqual([
    ['client.wait', 'client.send', 'client.ttfb', 'client.receive'],
  ])
})
