import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { BodyReader } from '../../src/collector/body.ts'
import { collect } from '../../src/collector/index.ts'
import { decode, encode, json, request, text } from '../otlp/oracle.ts'
import { running, send } from './running.ts'

const body = encode('Request', request())
const asJson = JSON.stringify(json(request()))
const JSON_TYPE = { 'content-type': 'application/json' }
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' }

test('protobuf is answered in protobuf, JSON in JSON', async () => {
  const { otlpPort } = await running()
  const proto = await send(otlpPort, body)
  expect([proto.status, proto.headers['content-type'], decode('Response', proto.body)]).toEqual([
    200,
    'application/x-protobuf',
    {},
  ])
  const jsonAnswer = await send(otlpPort, asJson, { headers: { 'content-type': 'application/json; charset=utf-8' } })
  expect([jsonAnswer.status, jsonAnswer.headers['content-type'], jsonAnswer.body.toString()]).toEqual([
    200,
    'application/json',
    '{}',
  ])
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['zstd', zstdCompressSync],
])('a body may be compressed with %s', async (encoding, compress) => {
  const collector = await running()
  const answer = await send(collector.otlpPort, compress(body), { headers: { ...PROTO_TYPE, 'content-encoding': encoding } })
  expect([answer.status, collector.stats().accepted]).toEqual([200, 1])
})

test('an empty body is a request without spans', async () => {
  const collector = await running()
  expect((await send(collector.otlpPort, '')).status).toBe(200)
  expect(collector.stats().accepted).toBe(0)
})

/** Two spans, one of which cannot be taken. */
function halfGood(): ReturnType<typeof request> {
  const message = request()
  const { spans } = (message as { resourceSpans: [{ scopeSpans: [{ spans: object[] }] }] }).resourceSpans[0].scopeSpans[0]
  spans.push({ ...spans[0], traceId: Buffer.alloc(16) })
  return message
}

test('what cannot be taken is told as partial success, in both encodings', async () => {
  const collector = await running()
  const proto = await send(collector.otlpPort, encode('Request', halfGood()))
  expect([proto.status, decode('Response', proto.body)]).toEqual([
    200,
    { partialSuccess: { rejectedSpans: '1', errorMessage: 'resourceSpans[0].scopeSpans[0].spans[1]: no trace id' } },
  ])
  const jsonAnswer = await send(collector.otlpPort, JSON.stringify(json(halfGood())), { headers: JSON_TYPE })
  expect(JSON.parse(jsonAnswer.body.toString())).toMatchObject({ partialSuccess: { rejectedSpans: '1' } })
  expect(collector.stats()).toMatchObject({ accepted: 2, refused: 2 })
})

test('a body of nothing but unusable spans is bad data', async () => {
  const { otlpPort } = await running()
  const answer = await send(otlpPort, encode('Request', request({ traceId: Buffer.alloc(16) })))
  expect([answer.status, decode('RpcStatus', answer.body)]).toMatchObject([
    400,
    { code: 3, message: expect.stringContaining('no trace id') },
  ])
})

test.each([
  ['a body that is no protobuf', { status: 400 }, 'nonsense', PROTO_TYPE, {}],
  ['a body that is no JSON', { status: 400 }, '{', JSON_TYPE, {}],
  ['a body that is no gzip', { status: 400 }, 'nonsense', { ...PROTO_TYPE, 'content-encoding': 'gzip' }, {}],
  ['an unknown compression', { status: 415 }, body, { ...PROTO_TYPE, 'content-encoding': 'lzma' }, {}],
  ['an unknown type', { status: 415 }, body, { 'content-type': 'text/plain' }, {}],
  ['no type', { status: 415 }, body, {}, {}],
  ['another path', { status: 404 }, body, PROTO_TYPE, { path: '/v1/logs' }],
  ['a path that is no path', { status: 404 }, body, PROTO_TYPE, { path: '//[::1]' }],
  ['a path that an object has anyway', { status: 404 }, body, PROTO_TYPE, { path: '/__proto__' }],
  ['another method', { status: 405 }, '', PROTO_TYPE, { method: 'GET' }],
])('%s is answered as it should be, and nothing is taken', async (_what, { status }, sent, headers, options) => {
  const collector = await running()
  const answer = await send(collector.otlpPort, sent, { headers, ...options })
  expect(answer.status).toBe(status)
  expect(answer.headers['retry-after']).toBeUndefined()
  expect(collector.stats().accepted).toBe(0)
  expect((await send(collector.otlpPort, body)).status).toBe(200)
})

test('failures are a google.rpc.Status in the encoding of the request', async () => {
  const { otlpPort } = await running()
  const proto = await send(otlpPort, 'nonsense')
  expect(decode('RpcStatus', proto.body)).toMatchObject({ code: 3, message: expect.stringContaining('cannot be read') })
  const jsonAnswer = await send(otlpPort, '{', { headers: JSON_TYPE })
  expect([jsonAnswer.headers['content-type'], JSON.parse(jsonAnswer.body.toString())]).toMatchObject([
    'application/json',
    { code: 3 },
  ])
})

test('bodies are limited as sent and as decompressed', async () => {
  const collector = await running({ limits: { body: 10_000 } })
  expect((await send(collector.otlpPort, Buffer.alloc(10_001))).status).toBe(413)
  const chunked = await send(collector.otlpPort, Buffer.alloc(20_000), {
    headers: { ...PROTO_TYPE, 'transfer-encoding': 'chunked' },
  })
  expect([chunked.status, chunked.headers['connection']]).toEqual([413, 'close'])
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const bomb = compress(Buffer.alloc(5_000_000))
    expect(bomb.length).toBeLessThan(10_000)
    expect((await send(collector.otlpPort, bomb, { headers: { ...PROTO_TYPE, 'content-encoding': encoding } })).status).toBe(413)
  }
  expect((await send(collector.otlpPort, body)).status).toBe(200)
})

test('who sends more than can be stored is asked to come again, and nothing is lost', async () => {
  const collector = await running({ limits: { pending: 300 }, patience: { rooted: 60_000, rootless: 60_000, most: 60_000 } })
  const statuses: number[] = []
  for (let number = 0; number < 5; number++) {
    const answer = await send(collector.otlpPort, encode('Request', request({ traceId: Buffer.alloc(16, number + 1) })))
    statuses.push(answer.status)
    if (answer.status === 503) expect(answer.headers['retry-after']).toBe('1')
  }
  expect(statuses[0]).toBe(200)
  expect(statuses.at(-1)).toBe(503)
  const taken = statuses.filter((status) => status === 200).length
  expect(collector.stats()).toMatchObject({ accepted: taken, pending: taken, stored: 0, dropped: 0 })
  await collector.flush()
  expect(collector.stats()).toMatchObject({ accepted: taken, pending: 0, stored: taken, dropped: 0 })
  expect((await send(collector.otlpPort, body)).status).toBe(200)
})

test('a body larger than what may wait is let in though something waits always, as long as that is little', async () => {
  const never = { rooted: 1e9, rootless: 1e9, most: 1e9 }
  const collector = await running({ limits: { pending: 1_000 }, patience: never })
  expect((await send(collector.otlpPort, body)).status).toBe(200)
  const large = encode('Request', request({ traceId: Buffer.alloc(16, 2), name: 'x'.repeat(2_000) }))
  expect((await send(collector.otlpPort, large)).status).toBe(200)
  expect((await send(collector.otlpPort, body)).status).toBe(503)
})

test('a token is asked for if there is one', async () => {
  const { otlpPort } = await running({ access: { token: 'secret' } })
  const none = await send(otlpPort, body)
  expect([none.status, none.headers['www-authenticate']]).toEqual([401, 'Bearer'])
  expect((await send(otlpPort, body, { headers: { ...PROTO_TYPE, authorization: 'Bearer wrong!' } })).status).toBe(401)
  expect((await send(otlpPort, body, { headers: { ...PROTO_TYPE, authorization: 'Bearer secret' } })).status).toBe(200)
})

test('a page whose own name points here is not served', async () => {
  const { otlpPort } = await running({ access: { hosts: ['Collector.internal'] } })
  const status = async (host: string): Promise<number> =>
    (await send(otlpPort, body, { headers: { ...PROTO_TYPE, host } })).status
  expect(await status('evil.example:4318')).toBe(403)
  for (const host of [
    'localhost:4318',
    '127.0.0.1',
    '[::1]:4318',
    'app.localhost',
    'collector.internal:80',
    'COLLECTOR.INTERNAL',
  ])
    expect(await status(host)).toBe(200)
})

test('a whole address may be asked for, as by way of a proxy: its host counts, not the one beside it', async () => {
  const { otlpPort } = await running()
  const status = async (path: string, host: string): Promise<number> =>
    (await send(otlpPort, body, { path, headers: { ...PROTO_TYPE, host } })).status
  expect(await status(`http://127.0.0.1:${otlpPort}/v1/traces?x=1`, 'evil.example')).toBe(200)
  expect(await status('http://evil.example/v1/traces', 'localhost')).toBe(403)
})

test('web pages may send if their origin is on the list', async () => {
  const { otlpPort } = await running({ access: { origins: ['https://shop.example'] } })
  const ask = (origin: string): ReturnType<typeof send> =>
    send(otlpPort, '', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = await ask('https://shop.example')
  expect([
    allowed.status,
    allowed.headers['access-control-allow-origin'],
    allowed.headers['access-control-allow-headers'],
  ]).toEqual([204, 'https://shop.example', expect.stringContaining('content-type')])
  const refused = await ask('https://evil.example')
  expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([403, undefined])
  const answer = await send(otlpPort, body, { headers: { ...PROTO_TYPE, origin: 'https://shop.example' } })
  expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers['vary']]).toEqual([
    200,
    'https://shop.example',
    'Origin',
  ])
})

test('metrics are taken and handed to whoever wants them; what is none is refused', async () => {
  const collector = await running()
  const handed: string[] = []
  collector.on('metrics', (points) => void handed.push(...points.map(({ name }) => name)))
  const point = { asInt: '1', timeUnixNano: '1700000000000000000' }
  const metrics = [{ name: 'calls', sum: { aggregationTemporality: 1, dataPoints: [point] } }]
  const given = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
  const options = { path: '/v1/metrics', headers: { 'content-type': 'application/json' } }
  expect((await send(collector.otlpPort, given, options)).status).toBe(200)
  expect((await send(collector.otlpPort, '[', options)).status).toBe(400)
  expect((await send(collector.otlpPort, Buffer.from([0x0a, 0x05]), { path: '/v1/metrics' })).status).toBe(400)
  expect([handed, collector.stats().metrics, collector.stats().accepted]).toEqual([['calls'], 1, 0])
})

test('a port that is taken says who has it and what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await expect(collect({ otlpPort: port, warn: () => {} })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringMatching(new RegExp(`port ${port}.*--otlp-port`)) as string,
  })
})

test('hostile spans are taken or refused, and the next sender notices nothing', async () => {
  const collector = await running()
  const hostile = [
    request({ startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '0' }),
    request({ parentSpanId: Buffer.from('b7ad6b7169203331', 'hex') }),
    request({ name: 'x'.repeat(1_000_000) }),
    request({ attributes: [text('__proto__', 'polluted'), text('constructor', 'x')] }),
    request({ attributes: Array.from({ length: 20_000 }, (_, index) => text(`key${index}`, `value${index}`)) }),
    request({}, { attributes: [text('service.name', '__proto__')] }),
  ]
  for (const [index, message] of hostile.entries()) {
    const changed = encode('Request', message)
    changed.fill(
      index + 1,
      changed.indexOf(Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
      changed.indexOf(Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')) + 16,
    )
    expect((await send(collector.otlpPort, changed)).status).toBe(200)
  }
  await collector.flush()
  expect(collector.stats()).toMatchObject({ stored: hostile.length, dropped: 0 })
  expect((await collector.store.search({})).items).toHaveLength(hostile.length)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('a resource that would have to be kept with a hundred thousand traces is refused', async () => {
  const field = (number: number, ...content: Uint8Array[]): Buffer => {
    const size = content.reduce((sum, { length }) => sum + length, 0)
    const length = Array.from({ length: 4 }, (_, place) => ((size >>> (7 * place)) & 127) | (place < 3 ? 128 : 0))
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), ...content])
  }
  const spans = Array.from({ length: 100_000 }, (_, place) => {
    const traceId = Buffer.alloc(16, 1)
    traceId.writeUInt32LE(place)
    return field(2, field(1, traceId), field(2, Buffer.alloc(8, 1)))
  })
  const resource = field(1, field(1, field(1, Buffer.from('k')), field(2, field(1, Buffer.alloc(10_000, 0x61)))))
  const collector = await running()
  const answer = await send(collector.otlpPort, field(1, resource, field(2, ...spans)))
  expect([answer.status, collector.stats().accepted]).toEqual([400, 0])
})

test('a connection whose body was given up in the middle, for want of room, can be used again', async () => {
  const collector = await running({ limits: { body: 10_000_000, bodies: 1_000_000 } })
  const socket = connect(collector.otlpPort, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const statuses: string[] = []
  let heard = ''
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString()
    statuses.splice(0, Infinity, ...[...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status as string))
  })
  const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n'
  socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = Buffer.concat([Buffer.from('186a0\r\n'), Buffer.alloc(100_000), Buffer.from('\r\n')])
  for (let sent = 0; sent < 60; sent++) socket.write(chunk)
  socket.write(`0\r\n\r\n${head}Content-Length: 0\r\n\r\n`)
  await expect.poll(() => statuses, { timeout: 15_000 }).toEqual(['503', '200'])
})

test('what waits to be decompressed counts as being read', async () => {
  const packed = gzipSync(Buffer.alloc(1_000_000), { level: 0 })
  const reader = new BodyReader({ body: 2_000_000, bodies: 1_500_000 })
  const request = (): IncomingMessage =>
    Object.assign(Readable.from([packed]), {
      headers: { 'content-encoding': 'gzip', 'content-length': String(packed.length) },
    }) as unknown as IncomingMessage
  const first = request()
  const over = once(first, 'end')
  const reading = reader.read(first)
  await over
  await expect(reader.read(request())).rejects.toThrow('too many bodies at once')
  expect((await reading).content).toHaveLength(1_000_000)
  expect((await reader.read(request())).content).toHaveLength(1_000_000)
})
