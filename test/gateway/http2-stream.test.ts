import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchServers } from '../../src/gateway/watch.ts'
import { gatewayOf } from '../../src/model/gateway.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'

type Listener = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void

let recorded: Recorder
let server: http2.Http2Server
let client: http2.ClientHttp2Session

/** A server that takes streams, not requests, and a client of it. */
async function serve(listener: Listener): Promise<void> {
  server = http2.createServer().on('stream', listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

/** A request, read to its end. */
async function ask(headers: http2.OutgoingHttpHeaders): Promise<void> {
  const stream = client.request(headers).on('error', () => {})
  await once(stream.resume().end(), 'close')
}

beforeEach(() => void (recorded = watching(watchServers)))

afterEach(() => {
  client.destroy()
  server.close()
})

test('a stream is a request: with what its head says, and the app inside it', async () => {
  let inside: unknown
  await serve((stream) => {
    inside = observer.current() === gatewayOf(stream)
    stream.respond({ ':status': 503 })
    stream.end('no')
  })
  await ask({ ':path': '/books?page=2', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
  await recorded.ended()
  expect(inside).toBe(true)
  expect(recorded.sentences()).toEqual(['gateway GET !503 > respond', 'accept'])
  const gateway = recorded.find('gateway')
  expect(gateway.remote?.spanId).toBe('b7ad6b7169203331')
  expect(gateway.attributes).toMatchObject({
    'url.path': '/books',
    'url.query': 'page=2',
    'url.scheme': 'http',
    'server.address': '127.0.0.1',
    'client.address': '127.0.0.1',
    'network.protocol.version': '2',
    'http.response.status_code': 503,
  })
  expect(gateway.attributes).not.toHaveProperty('phaseline.disconnect')
})

test('a stream that is reset before its head has no status, and it is said', async () => {
  await serve((stream) => stream.close(http2.constants.NGHTTP2_CANCEL))
  await ask({ ':path': '/' })
  await recorded.ended()
  const { attributes } = recorded.find('gateway')
  expect(attributes['phaseline.disconnect']).toBe('before_head')
  expect(attributes).not.toHaveProperty('http.response.status_code')
})

test('server-sent events are the stream’s life, not the request’s', async () => {
  await serve((stream) => {
    stream.respond({ 'content-type': 'text/event-stream' })
    stream.write('data: 1\n\n')
  })
  await once(client.request({ ':path': '/' }), 'data')
  expect(recorded.sentences().at(-1)).toBe('gateway GET > stream …')
})

/** A gRPC server by hand: `Echo` answers, `Break` fails, anything else is unknown to it. */
function calls(stream: http2.ServerHttp2Stream, { ':path': path }: http2.IncomingHttpHeaders): void {
  const status = path === '/shop.Books/Echo' ? 0 : path === '/shop.Books/Break' ? 13 : 12
  const type = { ':status': 200, 'content-type': 'application/grpc' }
  if (status === 12) return stream.respond({ ...type, 'grpc-status': 12 }, { endStream: true })
  stream.respond(type, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
  stream.end(Buffer.alloc(5))
}

test.each([
  ['/shop.Books/Echo', 'gateway shop.Books/Echo', { 'rpc.method': 'shop.Books/Echo', 'rpc.status_code': 'OK' }],
  ['/shop.Books/Break', 'gateway shop.Books/Break !INTERNAL', { 'http.route': '/shop.Books/Break' }],
  ['/shop.Books/7f3a', 'gateway POST !UNIMPLEMENTED', { 'rpc.method': '_OTHER', 'rpc.status_code': 'UNIMPLEMENTED' }],
])('a gRPC call is named after its method if there is such a one: %s', async (path, name, attributes) => {
  await serve(calls)
  await ask({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  await recorded.ended()
  expect(recorded.sentences().at(-1)).toBe(`${name} > respond`)
  expect(recorded.find('gateway').attributes).toMatchObject({ 'rpc.system.name': 'grpc', ...attributes })
})

test('a server that takes requests has one phase for each, though it hears of the stream first', async () => {
  await serve(() => {})
  server.on('request', (_request, response) => void response.end())
  await ask({ ':path': '/' })
  await recorded.ended()
  expect(recorded.all('gateway').length).toBe(1)
})
