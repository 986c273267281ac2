import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createSecureServer } from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { generate } from 'selfsigned'
import * as undici from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchClients } from '../../src/client/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'
import { serve, type Running } from './servers.ts'

let seen: Recorder
let server: Running | undefined

beforeEach(() => void (seen = watching(watchClients)))
afterEach(async () => {
  await server?.close()
  server = undefined
})

const redirecting = (): Promise<Running> =>
  serve((request, response) => {
    if (request.url === '/old') response.writeHead(302, { location: '/new?page=2' })
    response.end('here')
  })

test("Node's own fetch has every phase", async () => {
  server = await serve((_request, response) => void response.end('built in'))
  const ended = seen.ended()
  await (await fetch(server.url)).text()
  await ended
  expect(seen.sentences()).toEqual([
    'client GET > wait for connection > DNS lookup localhost',
    `client GET > wait for connection > socket connect 127.0.0.1:${server.port}`,
    'client GET > send request',
    'client GET > wait for response',
    'client GET > receive response',
  ])
})

test.each([
  ['Node’s own', fetch],
  ['the package’s', undici.fetch as unknown as typeof fetch],
])('another tracer that adds its headers after ours adds none twice: %s', async (_name, ask) => {
  server = await serve((request, response) => void response.end(JSON.stringify(request.headersDistinct)))
  const other = (message: unknown): void => {
    const { request } = message as { request: { addHeader(name: string, value: string): unknown } }
    request.addHeader('traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)
    request.addHeader('x-theirs', 'yes')
  }
  subscribe('undici:request:create', other)
  try {
    const headers = (await (await ask(server.url)).json()) as Record<string, string[]>
    expect(headers).toMatchObject({ traceparent: [seen.find('client').propagate().traceparent], 'x-theirs': ['yes'] })
  } finally {
    unsubscribe('undici:request:create', other)
  }
})

test('a redirect is two calls, the second counted', async () => {
  server = await redirecting()
  const view = observer.open(label('view', 'view page'))
  const { url } = server
  await observer.run(view, async () => (await fetch(`${url}/old`)).text(), undefined)
  const calls = seen.all('client')
  expect(calls.map(({ parent }) => parent)).toEqual([view, view])
  expect(
    calls.map(({ attributes }) => [attributes['http.response.status_code'], attributes['http.request.resend_count']]),
  ).toEqual([
    [302, undefined],
    [200, 1],
  ])
})

test('a redirect with nothing around it stays in one trace', async () => {
  server = await redirecting()
  const ended = seen.ended(2)
  await (await fetch(`${server.url}/old`)).text()
  await ended
  const [first, second] = seen.all('client')
  expect(second?.remote).toMatchObject({ traceId: first?.traceId, spanId: first?.spanId, sampled: true })
})

test('a redirect by an interceptor of undici stays in one trace', async () => {
  server = await redirecting()
  const ended = seen.ended(2)
  const dispatcher = new undici.Agent().compose(undici.interceptors.redirect({ maxRedirections: 1 }))
  const { body } = await undici.request(`${server.url}/old`, { dispatcher })
  await body.text()
  await ended
  await dispatcher.close()
  const [first, second] = seen.all('client')
  expect(second?.remote).toMatchObject({ traceId: first?.traceId, spanId: first?.spanId })
  expect(second?.attributes['http.request.resend_count']).toBe(1)
})

test('a request to where a redirect pointed, made later by somebody else, is a trace of its own', async () => {
  server = await redirecting()
  const ended = seen.ended(2)
  await (await fetch(`${server.url}/old`, { method: 'POST', redirect: 'manual' })).text()
  await setImmediate()
  await (await fetch(`${server.url}/new?page=2`)).text()
  await ended
  const [first, second] = seen.all('client')
  expect(second?.remote).toBeUndefined()
  expect(second?.traceId).not.toBe(first?.traceId)
  expect(second?.attributes['http.request.resend_count']).toBeUndefined()
})

test('the same URL asked for again is no redirect', async () => {
  server = await redirecting()
  const ended = seen.ended(3)
  await (await fetch(`${server.url}/old`)).text()
  await (await fetch(`${server.url}/new?page=2`)).text()
  await ended
  expect(seen.all('client').map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, undefined])
})

test('calls made at once keep their own phases', async () => {
  server = await serve((request, response) => void response.end(request.url))
  const { url } = server
  const ended = seen.ended(8)
  await Promise.all(Array.from({ length: 8 }, async (_, at) => (await fetch(`${url}/${at}`)).text()))
  await ended
  const calls = seen.all('client')
  expect(calls.map(({ attributes }) => attributes['url.full'])).toEqual(calls.map((_, at) => `${url}/${at}`))
  for (const { children } of calls) {
    expect(children.map(({ id }) => id).filter((id) => id !== 'client.wait')).toEqual([
      'client.send',
      'client.ttfb',
      'client.receive',
    ])
  }
  expect(seen.all('connect').length).toBe(
    calls.filter(({ attributes }) => attributes['phaseline.connection.reused'] === false).length,
  )
})

test("through a proxy's tunnel: the CONNECT is a call, and the request waits for it", async () => {
  server = await serve((_request, response) => void response.end('beyond'), { tls: true })
  const { port, url } = server
  const proxy = await serve(() => {})
  proxy.server.on('connect', (_request, client) => {
    const beyond = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      beyond.pipe(client).pipe(beyond)
    })
    beyond.on('error', () => {})
    client.on('error', () => {})
  })
  const dispatcher = new undici.ProxyAgent({ uri: `http://127.0.0.1:${proxy.port}`, requestTls: { rejectUnauthorized: false } })
  const ended = seen.ended(2)
  expect(await (await undici.fetch(`${url}/a`, { dispatcher })).text()).toBe('beyond')
  await ended
  await Promise.all([dispatcher.destroy(), proxy.close()])
  const [request, tunnel] = seen.all('client')
  expect(tunnel?.name).toBe('CONNECT')
  expect(tunnel?.attributes['url.full']).toBe(`http://127.0.0.1:${proxy.port}`)
  expect(request?.attributes['url.full']).toBe(`${url}/a`)
  const wait = request?.children[0]
  expect(wait).toMatchObject({ id: 'client.wait', children: [] })
  expect(wait?.finish).toBeGreaterThanOrEqual(tunnel?.finish as number)
})

test('a WebSocket is a call until it is open', async () => {
  server = await serve(() => {})
  server.server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.once('error', () => {})
  })
  const ended = seen.ended()
  const socket = new WebSocket(server.url.replace('http', 'ws'))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  await ended
  expect(seen.find('client')).toMatchObject({ error: undefined, attributes: { 'http.response.status_code': 101 } })
  socket.close()
})

test('two streams of one HTTP/2 connection: the first connects, the second only waits', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
  })
  const second = createSecureServer({ key, cert }, (_request, response) => void response.end('h2'))
  await new Promise<void>((resolve) => void second.listen(0, '127.0.0.1', resolve))
  const dispatcher = new undici.Agent({ allowH2: true, connections: 1, connect: { rejectUnauthorized: false } })
  const url = `https://localhost:${(second.address() as AddressInfo).port}/`
  const ended = seen.ended(2)
  await Promise.all([1, 2].map(async () => (await undici.fetch(url, { dispatcher })).text()))
  await ended
  await dispatcher.destroy()
  second.close()
  expect(seen.all('client').map(({ attributes }) => attributes['network.protocol.version'])).toEqual(['2', '2'])
  expect(seen.all('tls').map(({ attributes }) => attributes['tls.next_protocol'])).toEqual(['h2'])
  expect(seen.all('client.receive').length).toBe(2)
})
