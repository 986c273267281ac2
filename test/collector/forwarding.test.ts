import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { Forwarder } from '../../src/collector/forward.ts'
import type { Delivery } from '../../src/collector/receiver.ts'
import { encode, request as oneSpan } from '../otlp/oracle.ts'
import { running, send } from './running.ts'

interface Got {
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Another endpoint. @param answer what it says to the n-th body, from 0 */
async function endpoint(
  answer: (count: number, response: ServerResponse) => void,
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
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
