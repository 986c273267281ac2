import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchClients } from '../../src/client/watch.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { proxy, type ProxyOptions, type RunningProxy } from '../../src/proxy/index.ts'
import { recorder, type Recorded, type Recorder } from '../recorder.ts'
import { ask, echo, speak, target, type Echo, type Target } from './upstream.ts'

let seen: Recorder
let app: Target
let running: RunningProxy | undefined

const start = async (options: Partial<ProxyOptions> = {}): Promise<RunningProxy> =>
  (running = await proxy({ target: app.url, ...options }))
const heard = (text: string): Echo => JSON.parse(text) as Echo

beforeEach(async () => {
  app = await target(echo)
  seen = recorder()
})
afterEach(async () => {
  seen.restore()
  await Promise.all([app.close(), running?.close()])
  running = undefined
})

test('a request through TLS has every phase of the proxy, and they fill it but for gaps', async () => {
  const { url, certificate } = await start({ tls: 'self-signed', target: app.url.replace('127.0.0.1', 'localhost') })
  const ended = seen.ended()
  const answer = await ask(url, '/books?page=2', { ca: certificate })
  await ended
  expect(answer.status).toBe(200)
  expect(seen.sentences()).toEqual([
    'proxy GET > proxy receive',
    'proxy GET > proxy connect > DNS lookup localhost',
    `proxy GET > proxy connect > socket connect 127.0.0.1:${app.port}`,
    'proxy GET > proxy wait',
    'proxy GET > proxy respond',
  ])
  const whole = seen.find('proxy')
  expect(whole.attributes).toMatchObject({
    'phaseline.proxy.name': 'phaseline',
    'phaseline.proxy.static': false,
    'phaseline.proxy.upstream': `localhost:${app.port}`,
    'http.response.status_code': 200,
    'url.scheme': 'https',
    'url.path': '/books',
  })
  inOrder(whole)
})

function inOrder({ start: from, finish, children }: Recorded): void {
  let until = from
  for (const child of children) {
    expect(child.start, child.name).toBeGreaterThanOrEqual(until)
    until = child.finish ?? Infinity
  }
  expect(until).toBeLessThanOrEqual(finish as number)
}

test('it belongs to the trace that came in, and the app belongs to it', async () => {
  const { url } = await start()
  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const ended = seen.ended()
  const { text } = await ask(url, '/', { headers: { traceparent: parent, tracestate: 'shop=1' } })
  await ended
  const whole = seen.find('proxy')
  expect(whole.remote).toEqual({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true, traceState: 'shop=1' })
  expect(heard(text).headers).toMatchObject({ traceparent: whole.propagate().traceparent, tracestate: 'shop=1' })
})

test('where nobody watches, it proxies all the same and passes the context on', async () => {
  seen.restore()
  const { url } = await start()
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const { status, text } = await ask(url, '/', { headers: { traceparent } })
  expect([status, heard(text).headers.traceparent]).toEqual([200, traceparent])
})

test('with every watcher in the same process, a request has one server and one client, and the app its own', async () => {
  const undo = [watchServers(), watchClients()]
  const { url } = await start()
  const ended = seen.ended(3)
  await ask(url, '/')
  await ended
  for (const back of undo) back()
  expect(seen.all('proxy').length).toBe(1)
  expect(seen.all('client').length).toBe(1)
  expect(seen.all('gateway').map(({ remote }) => remote?.spanId)).toEqual([seen.find('proxy').spanId])
})

test('a kept connection to the app is used again, and has nothing of the making of one', async () => {
  const { url } = await start()
  const ended = seen.ended(2)
  await ask(url, '/1')
  await ask(url, '/2')
  await ended
  expect(seen.all('proxy').map(({ attributes }) => attributes['phaseline.connection.reused'])).toEqual([false, true])
  expect(seen.all('proxy')[1]?.children.map(({ id }) => id)).toEqual(['proxy.receive', 'proxy.wait', 'proxy.respond'])
})

test('a kept connection that the app has closed meanwhile is tried again on a new one', async () => {
  let hangUp = false
  app.server.prependListener('request', (sent) => void (hangUp && sent.socket.resetAndDestroy()))
  app.server.on('connection', () => (hangUp = false))
  const { url } = await start()
  const ended = seen.ended(2)
  await ask(url, '/1')
  hangUp = true
  const { status } = await ask(url, '/2')
  await ended
  expect(status).toBe(200)
  const again = seen.all('proxy')[1] as Recorded
  expect(again.attributes['phaseline.proxy.attempts']).toBe(2)
  expect(again.error).toBeUndefined()
  expect(again.children.map(({ id, error }) => [id, error])).toEqual([
    ['proxy.receive', undefined],
    ['proxy.wait', 'ECONNRESET'],
    ['proxy.connect', undefined],
    ['proxy.wait', undefined],
    ['proxy.respond', undefined],
  ])
  inOrder(again)
})

test('what may not be done twice is not tried again', async () => {
  let hangUp = false
  app.server.prependListener('request', (sent) => void (hangUp && sent.socket.resetAndDestroy()))
  const { url } = await start()
  await ask(url, '/1')
  hangUp = true
  const { status } = await ask(url, '/2', { method: 'POST', body: 'once' })
  expect(status).toBe(502)
})

test('a request is buffered up to its bound, and refused beyond', async () => {
  const { url } = await start({ bufferRequest: 1_000 })
  const ended = seen.ended(3)
  expect(heard((await ask(url, '/', { method: 'POST', body: Buffer.alloc(1_000) })).text).bytes).toBe(1_000)
  expect((await ask(url, '/', { method: 'POST', body: Buffer.alloc(1_001) })).status).toBe(413)
  const chunked = { method: 'POST', body: Buffer.alloc(5_000), headers: { 'transfer-encoding': 'chunked' } }
  expect((await ask(url, '/', chunked)).status).toBe(413)
  await ended
  expect(seen.all('proxy').map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200, 413, 413])
  expect(seen.all('proxy.wait').length).toBe(1)
})

test('the buffer takes 1 MiB where nothing else is said', async () => {
  const { url } = await start()
  expect(heard((await ask(url, '/', { method: 'PUT', body: Buffer.alloc(1_048_576) })).text).bytes).toBe(1_048_576)
  expect((await ask(url, '/', { method: 'PUT', body: Buffer.alloc(1_048_577) })).status).toBe(413)
})

test('unbuffered, a large body streams through, and a large answer back', async () => {
  const large = Buffer.alloc(8_000_000, 'x')
  app.server.removeAllListeners('request').on('request', (sent, response) => {
    sent.pipe(response)
  })
  const { url } = await start({ bufferRequest: false })
  const { text } = await ask(url, '/', { method: 'POST', body: large })
  expect(text.length).toBe(large.length)
})

test('a dead app is 502, with the attempt that failed', async () => {
  const { url } = await start()
  await app.close()
  const ended = seen.ended()
  expect((await ask(url, '/')).status).toBe(502)
  await ended
  expect(seen.sentences()).toEqual([
    'proxy GET !ECONNREFUSED > proxy receive',
    `proxy GET !ECONNREFUSED > proxy connect !ECONNREFUSED > socket connect 127.0.0.1:${app.port} !ECONNREFUSED`,
    'proxy GET !ECONNREFUSED > proxy respond',
  ])
  expect(seen.find('proxy').attributes['http.response.status_code']).toBe(502)
})

test('a silent app is 504', async () => {
  app.server.removeAllListeners('request').on('request', () => {})
  const { url } = await start({ timeout: 30 })
  const ended = seen.ended()
  expect((await ask(url, '/')).status).toBe(504)
  await ended
  expect(seen.find('proxy.wait').error).toBe('ETIMEDOUT')
})

test("the app's own 5xx is an error of the proxy's span, its 4xx is none", async () => {
  app.server
    .removeAllListeners('request')
    .on('request', (sent, response) => void response.writeHead(sent.url === '/5' ? 503 : 404).end())
  const { url } = await start()
  const ended = seen.ended(2)
  await ask(url, '/4')
  await ask(url, '/5')
  await ended
  expect(seen.all('proxy').map(({ error }) => error)).toEqual([undefined, '503'])
})

test('an answer that breaks off is broken off for the client, not left hanging', async () => {
  app.server.removeAllListeners('request').on('request', (sent, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half', () => sent.socket.destroy())
  })
  const { url } = await start()
  await expect(ask(url, '/')).rejects.toThrow('aborted')
})

test('a client that goes away is no error, and the app hears of it', async () => {
  const arrived = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  app.server.removeAllListeners('request').on('request', (_sent, response) => {
    response.once('close', () => gone.resolve())
    arrived.resolve()
  })
  const { url } = await start()
  const ended = seen.ended()
  const sent = request(url).on('error', () => {})
  sent.end()
  await arrived.promise
  sent.destroy()
  await gone.promise
  await ended
  expect(seen.find('proxy')).toMatchObject({ error: undefined, attributes: { 'phaseline.cancelled': true } })
  expect(seen.find('proxy').attributes).not.toHaveProperty('http.response.status_code')
})

test('a client that goes away while its request is read never reaches the app', async () => {
  let reached = false
  app.server.prependListener('request', () => (reached = true))
  const { port } = await start()
  const ended = seen.ended()
  const socket = connect(port, '127.0.0.1')
  socket.end('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nhalf')
  await once(socket.resume(), 'close')
  await ended
  expect(reached).toBe(false)
  expect(seen.find('proxy').children.map(({ id }) => id)).toEqual(['proxy.receive'])
})

test('a WebSocket passes through, and its handshake is the request', async () => {
  app.server.on('upgrade', (_sent, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.pipe(socket)
  })
  const { url } = await start()
  const ended = seen.ended()
  const sent = request(url, { headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end()
  const [response, socket] = (await once(sent, 'upgrade')) as [{ statusCode: number }, Socket]
  socket.write('ping')
  expect([response.statusCode, String((await once(socket, 'data'))[0])]).toEqual([101, 'ping'])
  await ended
  socket.destroy()
  expect(seen.find('proxy').children.map(({ id }) => id)).toEqual([
    'proxy.receive',
    'proxy.connect',
    'proxy.wait',
    'proxy.respond',
  ])
  expect(seen.find('proxy').attributes['http.response.status_code']).toBe(101)
})

test('a WebSocket to a dead app is 502', async () => {
  const { port } = await start()
  await app.close()
  const head = 'GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect(await speak(port, head)).toMatch(/^HTTP\/1\.1 502 /)
})

test('an offer to upgrade to anything else is ignored, or refused where Node gives no choice', async () => {
  const { url } = await start()
  const { status, text } = await ask(url, '/', {
    headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAA' },
  })
  if (process.version.startsWith('v22.')) return expect(status).toBe(400)
  expect(heard(text).headers).not.toHaveProperty('upgrade')
  expect(heard(text).headers).not.toHaveProperty('http2-settings')
})

test.each([
  [{ target: 'shop' }, 'ERR_PROXY_TARGET'],
  [{ target: 'ftp://shop/' }, 'ERR_PROXY_TARGET'],
  [{ static: { static: '.' } }, 'ERR_PROXY_STATIC'],
])('%j makes no sense', async (options, code) => {
  await expect(start(options)).rejects.toMatchObject({ code })
})
