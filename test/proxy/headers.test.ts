import { afterEach, beforeEach, expect, test } from 'vitest'
import { proxy, type RunningProxy } from '../../src/proxy/index.ts'
import { ask, echo, speak, target, type Echo, type Target } from './upstream.ts'

let app: Target
let running: RunningProxy
const reached: string[] = []

beforeEach(async () => {
  app = await target(echo)
  app.server.prependListener('request', ({ method, url }) => void reached.push(`${method} ${url}`))
  running = await proxy({ target: app.url })
})
afterEach(async () => {
  reached.length = 0
  await Promise.all([app.close(), running.close()])
})

const heard = async (headers: Record<string, string>): Promise<Echo['headers']> =>
  (JSON.parse((await ask(running.url, '/', { headers })).text) as Echo).headers

test('the app learns who asked, how and when', async () => {
  const before = Date.now()
  const headers = await heard({ host: 'shop.test', 'x-forwarded-for': '203.0.113.7' })
  expect(headers).toMatchObject({
    host: 'shop.test',
    'x-forwarded-for': '203.0.113.7, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'shop.test',
    'x-forwarded-port': String(running.port),
  })
  const [, seconds] = /^t=(\d+\.\d{6})$/.exec(headers['x-request-start'] ?? '') ?? []
  expect(Number(seconds) * 1_000).toBeGreaterThanOrEqual(before - 2)
  expect(Number(seconds) * 1_000).toBeLessThanOrEqual(Date.now() + 2)
})

test('what the proxy knows better the client cannot claim', async () => {
  const headers = await heard({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.test', 'x-request-start': 't=1' })
  expect(headers['x-forwarded-proto']).toBe('http')
  expect(headers['x-forwarded-host']).toBe(`127.0.0.1:${running.port}`)
  expect(headers['x-request-start']).not.toBe('t=1')
})

test('what is for one connection only goes no further', async () => {
  const headers = await heard({
    connection: 'close, X-Internal',
    'x-internal': 'mine',
    'keep-alive': 'timeout=9',
    te: 'trailers',
    'proxy-authorization': 'Basic c2VjcmV0',
    'x-other': 'yours',
  })
  expect(headers).toMatchObject({ 'x-other': 'yours', connection: 'keep-alive' })
  for (const name of ['x-internal', 'keep-alive', 'te', 'proxy-authorization']) expect(headers).not.toHaveProperty(name)
})

test("the answer's connection headers are the proxy's own", async () => {
  app.server.removeAllListeners('request').on('request', (_sent, response) => {
    response.writeHead(200, { connection: 'close, x-secret', 'x-secret': '1', 'x-open': '2' }).end('x')
  })
  const kept = await speak(running.port, 'GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n')
  expect(kept).toMatch(/connection: close\r\n/i)
  expect(kept).toContain('x-open: 2')
  expect(kept).not.toContain('x-secret')
})

test.each([
  ['two lengths', 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nGET '],
  ['a length and chunks', 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['chunked twice in disguise', 'POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: shop\r\nX-A: 1\r\n\tContent-Length: 4\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost: shop\r\nContent-Length : 4\r\n\r\nGET '],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
])('%s: refused, and the app never asked', async (_what, bytes) => {
  expect(await speak(running.port, bytes)).toMatch(/^HTTP\/1\.1 400 /)
  expect(reached).toEqual([])
})

test.each([true, false])('a DELETE with a chunked body is one request, not two (buffered: %s)', async (bufferRequest) => {
  const other = await proxy({ target: app.url, bufferRequest })
  const inner = 'GET /admin HTTP/1.1\r\nHost: shop\r\n\r\n'
  const bytes = `DELETE /book HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
  const answer = await speak(other.port, bytes)
  await other.close()
  expect(answer).toContain(`"bytes":${inner.length}`)
  expect(reached).toEqual(['DELETE /book'])
})

test('a chunked body arrives with its length', async () => {
  const { text } = await ask(running.url, '/', { method: 'POST', body: 'abc', headers: { 'transfer-encoding': 'chunked' } })
  const { headers, bytes } = JSON.parse(text) as Echo
  expect([headers['content-length'], headers['transfer-encoding'], bytes]).toEqual(['3', undefined, 3])
})
