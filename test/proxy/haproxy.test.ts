import { createServer, request, type Server } from 'node:http'
import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenSyslog, parseSyslog } from '../../src/station/syslog.ts'
import { spansOfLine } from '../../src/formats/proxy-log.ts'
import type { Span } from '../../src/model/span.ts'
import { haproxyConfiguration } from '../../src/proxy/haproxy-configuration.ts'
import { missing } from '../tools.ts'
import { startHaproxy, type Haproxy } from './haproxy.ts'
import { expectInOrder, phases } from './in-order.ts'

const absent = missing('haproxy')

let app: Server
let heads: string[]
let haproxy: Haproxy
let syslog: UdpSocket
let lines: string[]
let arrived: () => void

beforeEach(async () => {
  if (absent) return
  heads = []
  lines = []
  app = createServer((req, res) => {
    heads.push(String(req.headers['traceparent']))
    if (req.url === '/slow') setTimeout(() => res.end('late'), 50)
    else if (req.url !== '/silent') res.end('hello')
  })
  await new Promise<void>((resolve) => void app.listen(0, '127.0.0.1', resolve))
  syslog = await listenSyslog(0, (message) => {
    lines.push(parseSyslog(message)?.text ?? expect.fail(message))
    arrived()
  })
  const { port } = app.address() as AddressInfo
  haproxy = await startHaproxy(
    `${haproxyConfiguration(syslog.address().port)}
http-request return status 200 if { path /own }
use_backend dead if { path /dead }
default_backend app`,
    `backend app\n  server one 127.0.0.1:${port}\nbackend dead\n  retries 1\n  server one 127.0.0.1:1`,
  )
})
afterEach(async () => {
  if (absent) return
  await haproxy.stop()
  app.closeAllConnections()
  app.close()
  syslog.close()
})

/** The spans of the one line that comes of it. */
async function spansOf(ask: () => Promise<unknown>): Promise<Span[]> {
  const line = new Promise<void>((resolve) => (arrived = resolve))
  await Promise.all([ask(), line])
  const [text = ''] = lines.splice(0)
  return spansOfLine(text, { service: 'haproxy' }) ?? expect.fail(text)
}

const get = (path: string, headers?: Record<string, string>): Promise<Span[]> => spansOf(() => haproxy.get(path, headers))
describe.skipIf(absent)('a stock HAProxy', () => {
  test('begins a trace where none came in, and the app belongs to its span', async () => {
    const before = BigInt(Date.now()) * 1_000_000n
    const spans = await get('/slow?token=secret')
    const [whole, ...children] = spans
    expect(heads).toEqual([`00-${whole?.traceId}-${whole?.spanId}-01`])
    expect(whole).toMatchObject({ name: 'GET', kind: 'SERVER', parentSpanId: null, status: 'unset' })
    expect(Object.fromEntries(whole?.attributes ?? [])).toMatchObject({
      'phaseline.proxy.name': 'haproxy',
      'phaseline.proxy.static': false,
      'phaseline.proxy.attempts': 1,
      'phaseline.proxy.upstream': `127.0.0.1:${(app.address() as AddressInfo).port}`,
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.path': '/slow',
      'server.address': 'shop.test',
      'network.protocol.version': '1.1',
    })
    expect(whole?.resource.service).toBe('haproxy')
    expect(phases(children).filter((phase) => phase !== 'proxy.connect')).toEqual([
      'proxy.receive',
      'proxy.wait',
      'proxy.respond',
    ])
    const wait = children.find(({ name }) => name === 'proxy wait') as Span
    expect(children.every(({ start, end }) => end - start <= wait.end - wait.start)).toBe(true)
    expect(whole?.start).toBeGreaterThanOrEqual(before - 1_000_000n)
    expectInOrder(whole as Span, children)
  })

  test('continues the trace that came in', async () => {
    const [whole] = await get('/', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
    expect(whole).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
    expect(heads).toEqual([`00-${'a'.repeat(32)}-${whole?.spanId}-01`])
  })

  test('passes on that a request is not sampled, and tells nothing of it', async () => {
    expect(await get('/', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` })).toEqual([])
    expect(heads[0]).toMatch(/-00$/)
  })

  test.each([
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
    `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
    `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    'nonsense',
  ])('begins a trace of its own where %s came in', async (traceparent) => {
    const [whole] = await get('/', { traceparent })
    expect(whole?.parentSpanId).toBeNull()
    expect(whole?.traceId).toMatch(/^(?!0{32}|a{32})[0-9a-f]{32}$/)
  })

  test('a dead app is an error of its own, with its attempts', async () => {
    const [whole, ...children] = await get('/dead')
    expect([whole?.status, whole?.attributes.get('error.type')]).toEqual(['error', '503'])
    expect(whole?.attributes.get('phaseline.proxy.attempts')).toBe(2)
    expect(phases(children)).toEqual(['proxy.receive', 'proxy.connect', 'proxy.respond'])
    expect(children[1]?.status).toBe('error')
  })

  test('what it answers itself is said so', async () => {
    const made = await get('/own')
    expect(phases(made)).toEqual(['proxy', 'proxy.respond'])
    expect(made[0]?.attributes.get('phaseline.proxy.static')).toBe(true)
  })

  test('a client that goes away before the answer is cancelled, and no error', async () => {
    const [whole] = await spansOf(async () => {
      const asked = new Promise<void>((resolve) => void app.once('request', () => resolve()))
      const call = request({ socketPath: haproxy.socketPath, path: '/silent', headers: { host: 'shop.test' } })
      call.on('error', () => {}).end()
      await asked
      call.destroy()
    })
    expect(whole).toMatchObject({ status: 'unset' })
    expect(whole?.attributes.get('phaseline.cancelled')).toBe(true)
    expect(whole?.attributes.has('http.response.status_code')).toBe(false)
  })

  test('what is no request has no spans, and is no line of another make', async () => {
    expect(
      await spansOf(async () => {
        const socket = connect(haproxy.socketPath)
        socket.end('nonsense\r\n\r\n').resume()
        await once(socket, 'close')
      }),
    ).toEqual([])
  })

  test('odd characters in a path and a host are odd characters in a path and a host', async () => {
    const [whole] = await get('/a"b\\c', { host: 'x"y' })
    expect(whole?.attributes.get('url.path')).toBe('/a"b\\c')
  })
})
