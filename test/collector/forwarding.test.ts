import { cpSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exportResponse } from '../../src/collector/answers.ts'
import { Forwarder } from '../../src/collector/forward.ts'
import type { Delivery } from '../../src/collector/receiver.ts'
import type { Span } from '../../src/model/span.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encode, request as oneSpan } from '../otlp/oracle.ts'
import { spansOf, traceId } from '../store/traces.ts'
import { folder, running, send, sendSpans } from './running.ts'

interface Got {
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Another endpoint. @param answer what it says to the n-th body, from 0 */
async function endpoint(
  answer: (count: number, response: ServerResponse) => void,
  port = 0,
): Promise<{ url: string; got: Got[]; server: ReturnType<typeof createServer> }> {
  const got: Got[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        got.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) })
        answer(got.length - 1, response)
      })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got, server }
}

const ok = (_count: number, response: ServerResponse): void => void response.end()
const body = encode('Request', oneSpan())

function delivery(received: Buffer = body): Delivery {
  return {
    path: '/v1/traces',
    encoding: 'protobuf',
    content: body,
    received,
    headers: { 'content-type': 'application/x-protobuf' },
  }
}

test('what was received goes on byte by byte, compressed as it came, with the headers of the target', async () => {
  const other = await endpoint(ok)
  const collector = await running({ forward: [{ url: other.url, headers: { 'x-key': 'k' } }] })
  const compressed = gzipSync(body)
  await send(collector.otlpPort, compressed, {
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
  })
  await collector.flush()
  expect(other.got).toHaveLength(1)
  expect(other.got[0]).toMatchObject({
    path: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip', 'x-key': 'k' },
  })
  expect(other.got[0]?.body.equals(compressed)).toBe(true)
  expect(collector.stats().forwarding).toEqual([{ url: other.url, sent: 1, dropped: 0, queued: 0, lastError: null }])
})

test.each([
  ['http://h/', '/v1/traces'],
  ['http://h/otlp', '/otlp/v1/traces'],
  ['http://h/otlp/v1/traces', '/otlp/v1/traces'],
])('a target %s is sent to at %s', async (url, path) => {
  const other = await endpoint(ok)
  const forwarder = new Forwarder({ url: url.replace('http://h', other.url) })
  forwarder.send(delivery(), 1)
  await forwarder.close()
  expect(other.got[0]?.path).toBe(path)
})

test.each([429, 502, 503, 504])('%d means later: it is sent again', async (status) => {
  const other = await endpoint((count, response) => void response.writeHead(count === 0 ? status : 200).end())
  const forwarder = new Forwarder({ url: other.url })
  forwarder.send(delivery(), 3)
  await forwarder.flush()
  expect(other.got).toHaveLength(2)
  expect(forwarder.stats()).toMatchObject({ sent: 3, dropped: 0, queued: 0 })
})

test.each([400, 401, 404, 413, 500])('%d is final: dropped and counted', async (status) => {
  const other = await endpoint((_count, response) => void response.writeHead(status).end())
  const forwarder = new Forwarder({ url: other.url })
  forwarder.send(delivery(), 3)
  await forwarder.flush()
  expect(other.got).toHaveLength(1)
  expect(forwarder.stats()).toMatchObject({ sent: 0, dropped: 3, queued: 0, lastError: `HTTP ${status}` })
})

test('a target that is away does not keep senders waiting, and gets everything when it is back', async () => {
  const other = await endpoint(ok)
  const { port } = other.server.address() as AddressInfo
  await new Promise((resolve) => other.server.close(resolve))
  const collector = await running({ forward: [{ url: other.url }] })
  for (let number = 0; number < 5; number++) expect((await send(collector.otlpPort, body)).status).toBe(200)
  expect(collector.stats().forwarding).toMatchObject([{ sent: 0, dropped: 0, queued: 5 }])
  await new Promise<void>((resolve) => other.server.listen(port, '127.0.0.1', resolve))
  await collector.flush()
  expect(collector.stats().forwarding).toMatchObject([{ sent: 5, dropped: 0, queued: 0 }])
  expect(other.got).toHaveLength(5)
})

test('a buffer that is full drops and counts, and what is queued is bounded', async () => {
  const forwarder = new Forwarder({ url: 'http://127.0.0.1:9', maxBytes: body.length * 2 })
  for (let number = 0; number < 5; number++) forwarder.send(delivery(), 1)
  expect(forwarder.stats()).toMatchObject({ queued: 2, dropped: 3, lastError: expect.any(String) })
  await forwarder.close(10)
  expect(forwarder.stats()).toMatchObject({ queued: 0, dropped: 5, sent: 0 })
})

test('a target that makes no sense is dropped and counted, not thrown', async () => {
  const forwarder = new Forwarder({ url: 'nowhere at all' })
  forwarder.send(delivery(), 1)
  await forwarder.close()
  expect(forwarder.stats()).toMatchObject({ dropped: 1, queued: 0 })
})

test('spans that are refused here are not sent on alone', async () => {
  const other = await endpoint(ok)
  const collector = await running({ forward: [{ url: other.url }] })
  await send(collector.otlpPort, encode('Request', oneSpan({ traceId: Buffer.alloc(16) })))
  await collector.flush()
  expect(other.got).toEqual([])
})

test('what waits when the collector ends is sent by the next one, and then gone from the disk', async () => {
  const data = folder()
  const away = await endpoint((_count, response) => void response.writeHead(503).end())
  const { port } = away.server.address() as AddressInfo
  const first = new Forwarder({ url: away.url }, data)
  const bodies = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  for (const [index, each] of bodies.entries()) first.send(delivery(each), index + 1)
  await first.close(10)
  expect(first.stats()).toMatchObject({ sent: 0, dropped: 0, queued: 6 })
  away.server.close()
  away.server.closeAllConnections()
  const back = await endpoint(ok, port)
  const second = new Forwarder({ url: back.url }, data)
  await second.flush()
  expect(second.stats()).toMatchObject({ sent: 6, dropped: 0, queued: 0 })
  expect(back.got.map(({ body: got }) => got.toString()).sort()).toEqual(['one', 'three', 'two'])
  expect(back.got[0]).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/x-protobuf' } })
  await second.close()
  expect(readdirSync(data)).toEqual([])
})

test('what waits when the process is killed is sent by the next one', async () => {
  const data = folder()
  const killed = new Forwarder({ url: 'http://127.0.0.1:9' }, data)
  killed.send(delivery(), 2)
  const copy = folder()
  cpSync(data, copy, { recursive: true })
  await killed.close(10)
  const other = await endpoint(ok)
  const next = new Forwarder({ url: other.url }, copy)
  await next.flush()
  expect(other.got.map(({ body: got }) => got.equals(body))).toEqual([true])
  await next.close()
})

test('with corrected times spans are sent on as their timeline has them, each once, and say by how much they were moved', async () => {
  const other = await endpoint(ok)
  const collector = await running({ forward: [{ url: other.url, corrected: true }] })
  const [client, server, late] = spansOf(1, [
    { kind: 'CLIENT', service: 'a', from: 0, to: 100 },
    { kind: 'SERVER', service: 'b', from: 5_010, to: 5_060 },
    { service: 'b', parent: 2, from: 5_020, to: 5_030 },
  ]) as [Span, Span, Span]
  await sendSpans(collector, [client, server])
  await collector.flush()
  await sendSpans(collector, [late])
  await collector.flush()
  const timeline = await collector.store.timeline(traceId(1))
  const sent = other.got.map(({ body: got }) => decodeSpans(got))
  expect(sent.map((spans) => spans.map(({ spanId }) => spanId))).toEqual([[client.spanId, server.spanId], [late.spanId]])
  for (const span of sent.flat()) {
    const own = timeline?.spans.find(({ spanId }) => spanId === span.spanId)
    expect([span.start, span.end]).toEqual([own?.start, own?.end])
  }
  expect(sent.flat().map(({ attributes }) => attributes.has('phaseline.clock.shift_ns'))).toEqual([false, true, true])
  expect(collector.stats().forwarding).toMatchObject([{ sent: 3, dropped: 0, queued: 0 }])
})

test.each([
  ['protobuf', 'application/x-protobuf', exportResponse('protobuf', 2, 'too old')],
  ['JSON', 'application/json', exportResponse('json', 2, 'too old')],
])('spans that a target rejects of a body that it takes are dropped and counted, not sent: %s', async (_what, type, answer) => {
  const other = await endpoint((_count, response) => void response.writeHead(200, { 'content-type': type }).end(answer))
  const forwarder = new Forwarder({ url: other.url })
  forwarder.send(delivery(), 3)
  await forwarder.flush()
  expect(other.got).toHaveLength(1)
  expect(forwarder.stats()).toMatchObject({ sent: 1, dropped: 2, queued: 0, lastError: '2 spans were rejected: too old' })
})

test.each([
  ['nothing', ''],
  ['no protobuf', 'nonsense'],
  ['far too much', 'x'.repeat(300_000)],
])('a target that says %s when it takes a body has it', async (_what, answer) => {
  const type = { 'content-type': 'application/x-protobuf' }
  const other = await endpoint((_count, response) => void response.writeHead(200, type).end(answer))
  const forwarder = new Forwarder({ url: other.url })
  forwarder.send(delivery(), 3)
  await forwarder.flush()
  expect(forwarder.stats()).toMatchObject({ sent: 3, dropped: 0, queued: 0, lastError: null })
})

test('a body at which a target hangs up keeps no other one waiting', async () => {
  const poison = Buffer.from('poison')
  const other = await endpoint((count, response) =>
    other.got[count]?.body.equals(poison) === true ? void response.destroy() : void response.end(),
  )
  const forwarder = new Forwarder({ url: other.url })
  onTestFinished(() => forwarder.close(0))
  // As many as are sent at once.
  for (let number = 0; number < 4; number++) forwarder.send(delivery(poison), 1)
  for (let number = 0; number < 4; number++) forwarder.send(delivery(), 1)
  await expect.poll(() => forwarder.stats()).toMatchObject({ sent: 4, queued: 4 })
})

test.each([
  ['seconds', (ms: number) => String(ms / 1_000)],
  ['a date', (ms: number) => new Date(Date.now() + ms).toUTCString()],
])('a target that says in %s when to come again is left alone until then', async (_what, inWords) => {
  const other = await endpoint((_count, response) => void response.writeHead(503, { 'retry-after': inWords(120_000) }).end())
  const wait = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => wait.mockRestore())
  const forwarder = new Forwarder({ url: other.url })
  onTestFinished(() => forwarder.close(0))
  forwarder.send(delivery(), 1)
  await expect.poll(() => forwarder.stats().lastError, { timeout: 15_000 }).toBe('HTTP 503')
  const asked = wait.mock.calls.map(([, ms]) => ms ?? 0).filter((ms) => ms > 60_000)
  expect(asked).toEqual([expect.closeTo(120_000, -4)])
})

test('a body without spans is not sent on: what waits would grow without them', async () => {
  const other = await endpoint(ok)
  const collector = await running({ forward: [{ url: other.url }] })
  expect((await send(collector.otlpPort, '')).status).toBe(200)
  await send(collector.otlpPort, body)
  await collector.flush()
  expect(other.got.map(({ body: got }) => got.length)).toEqual([body.length])
})

test('the password of a target is told to nobody but the target', async () => {
  const other = await endpoint(ok)
  const forwarder = new Forwarder({ url: other.url.replace('//', '//user:word@') })
  forwarder.send(delivery(), 1)
  await forwarder.close()
  expect(other.got[0]?.headers.authorization).toBe(`Basic ${btoa('user:word')}`)
  expect(forwarder.stats().url).toBe(`${other.url}/`)
})

test('what waits when there is no room on the disk is dropped and counted, and nothing ends badly', async () => {
  const data = folder()
  const forwarder = new Forwarder({ url: 'http://127.0.0.1:9' }, data)
  forwarder.send(delivery(), 1)
  rmSync(data, { recursive: true })
  // Into the segment that is open, and into one that cannot be made.
  forwarder.send(delivery(), 2)
  forwarder.send(delivery(Buffer.alloc(17 * 1024 * 1024)), 4)
  forwarder.send(delivery(), 8)
  expect(forwarder.stats()).toMatchObject({ queued: 15, lastError: expect.stringContaining('ENOENT') })
  await forwarder.close(0)
  expect(forwarder.stats()).toMatchObject({ sent: 0, dropped: 8, queued: 7 })
})
