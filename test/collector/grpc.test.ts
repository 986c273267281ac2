import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { BodyReader } from '../../src/collector/body.ts'
import { grpcServer } from '../../src/collector/grpc.ts'
import { decode, encode, request, TRACE } from '../otlp/oracle.ts'
import { running } from './running.ts'

interface Reply {
  readonly status: string | undefined
  readonly message: string
  readonly body: Buffer
}

const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

function frame(message: Buffer, compressed = false): Buffer {
  const prefix = Buffer.from([compressed ? 1 : 0, 0, 0, 0, 0])
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** One unary call, as a gRPC client makes it. */
function call(
  port: number | undefined,
  body: Buffer,
  path: string = TRACES,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const session = connect(`http://127.0.0.1:${port}`)
  onTestFinished(() => session.destroy())
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let last: IncomingHttpHeaders = {}
    stream.on('response', (given) => (last = given))
    stream.on('trailers', (given) => (last = given))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      resolve({
        status: last['grpc-status'] as string | undefined,
        message: String(last['grpc-message'] ?? ''),
        body: Buffer.concat(chunks),
      })
    })
    stream.end(body)
  })
}

const body = encode('Request', request())

test('spans come in over gRPC, compressed or not', async () => {
  const collector = await running({ grpcPort: 0 })
  const plain = await call(collector.grpcPort, frame(body))
  expect([plain.status, plain.body]).toEqual(['0', Buffer.alloc(5)])
  const packed = await call(collector.grpcPort, frame(gzipSync(body), true), TRACES, { 'grpc-encoding': 'gzip' })
  expect(packed.status).toBe('0')
  await collector.flush()
  expect(collector.stats()).toMatchObject({ accepted: 2, stored: 2 })
  expect((await collector.store.timeline(TRACE.toString('hex')))?.spans).toHaveLength(1)
})

test('partial success is told', async () => {
  const collector = await running({ grpcPort: 0 })
  const message = request()
  const { spans } = (message as { resourceSpans: [{ scopeSpans: [{ spans: object[] }] }] }).resourceSpans[0].scopeSpans[0]
  spans.push({ ...spans[0], spanId: Buffer.alloc(8) })
  const reply = await call(collector.grpcPort, frame(encode('Request', message)))
  expect([reply.status, decode('Response', reply.body.subarray(5))]).toMatchObject([
    '0',
    { partialSuccess: { rejectedSpans: '1' } },
  ])
})

test.each<[string, string, Buffer, string, Record<string, string>]>([
  ['a body that is no message', '3', Buffer.from('xy'), TRACES, {}],
  ['a message that is no request', '3', frame(Buffer.from('nonsense')), TRACES, {}],
  ['a message that is no gzip', '3', frame(Buffer.from('nonsense'), true), TRACES, { 'grpc-encoding': 'gzip' }],
  ['an unknown compression', '12', frame(body, true), TRACES, { 'grpc-encoding': 'lzma' }],
  ['an unknown service', '12', frame(body), '/some.Service/Call', {}],
  ['a host that is not ours', '7', frame(body), TRACES, { ':authority': 'evil.example' }],
])('%s is answered with status %s', async (_what, status, sent, path, headers) => {
  const collector = await running({ grpcPort: 0 })
  expect((await call(collector.grpcPort, sent, path, headers)).status).toBe(status)
  expect(collector.stats().accepted).toBe(0)
  expect((await call(collector.grpcPort, frame(body))).status).toBe('0')
})

test('who sends more than can be stored is told that it is unavailable, which clients try again', async () => {
  const collector = await running({ grpcPort: 0, limits: { pending: 1 }, patience: { rooted: 1e9, rootless: 1e9, most: 1e9 } })
  expect((await call(collector.grpcPort, frame(body))).status).toBe('0')
  expect((await call(collector.grpcPort, frame(body))).status).toBe('14')
})

test('a token is asked for over gRPC too', async () => {
  const collector = await running({ grpcPort: 0, access: { token: 'secret' } })
  expect((await call(collector.grpcPort, frame(body))).status).toBe('16')
  expect((await call(collector.grpcPort, frame(body), TRACES, { authorization: 'Bearer secret' })).status).toBe('0')
})

test('half a message that goes no further gives back the room it takes', async () => {
  const bodies = new BodyReader({ body: 1_000_000, bodies: 1_000_000 })
  const handlers = { '/v1/traces': () => ({ rejected: 0, message: '' }) }
  const server = grpcServer({ handlers, bodies, access: {}, admit: () => {} }, 50)
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ':path': TRACES, 'content-type': 'application/grpc' })
  stream.on('error', () => {})
  stream.write(frame(Buffer.alloc(900_000)).subarray(0, 800_000))
  await once(stream, 'close')
  expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
  const next = (): Promise<number> =>
    bodies.receive(Readable.from([Buffer.alloc(900_000)]), (received) => Promise.resolve(received.length))
  await expect.poll(() => next().catch(() => 0), { timeout: 15_000 }).toBe(900_000)
})
