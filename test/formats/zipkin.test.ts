import { expect, test } from 'vitest'
import { readZipkin } from '../../src/formats/zipkin.ts'

type Json = Record<string, unknown>
const read = (...list: Json[]) =>
  readZipkin(
    list.map((span) => ({ traceId: 'a', id: 'b', ...span })),
    (place) => `[${place}]`,
  )
const one = (span: Json) => read(span).spans[0]
const server = {
  kind: 'SERVER',
  shared: true,
  timestamp: 30,
  duration: 5,
  localEndpoint: { serviceName: 'back', ipv4: '1.2.3.4' },
}

test('ids are filled with zeros; microseconds become nanoseconds; a parent of zeros is none', () => {
  expect(
    one({
      traceId: '216a2aea45d08fc9',
      id: 'B',
      parentId: '0000000000000000',
      timestamp: 1_470_150_004_008_762,
      duration: 65_000,
    }),
  ).toMatchObject({
    traceId: '0000000000000000216a2aea45d08fc9',
    spanId: '000000000000000b',
    parentSpanId: null,
    start: 1_470_150_004_008_762_000n,
    end: 1_470_150_004_073_762_000n,
  })
})

test('the local endpoint is service and host, the remote one attributes', () => {
  const span = one({
    localEndpoint: { serviceName: 'shop', ipv4: '10.0.0.1', port: 80 },
    remoteEndpoint: { serviceName: 'db', ipv6: '::1', port: 5432 },
  })
  expect(span?.resource).toMatchObject({ service: 'shop', host: '10.0.0.1' })
  expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
    'peer.service': 'db',
    'network.peer.address': '::1',
    'network.peer.port': 5432,
    'network.local.port': 80,
  })
  expect(one({})?.resource).toMatchObject({ service: 'unknown_service', host: 'unknown_service' })
})

test('tags are attributes, a tag error is one, annotations are events', () => {
  expect(one({ tags: { 'http.method': 'GET', error: 'timed out' }, annotations: [{ timestamp: 3, value: 'ws' }] })).toMatchObject(
    {
      status: 'error',
      statusMessage: 'timed out',
      events: [{ time: 3000n, name: 'ws' }],
    },
  )
})

test('a span without times keeps what it said', () => {
  expect(one({ duration: 10 })).toMatchObject({ start: 0n, end: 0n })
  expect(one({ duration: 10 })?.attributes.get('zipkin.duration')).toBe(10)
})

test('a span that was reported in parts is put together, whatever their order', () => {
  const parts = [
    { kind: 'CLIENT', timestamp: 20, localEndpoint: { serviceName: 'front' }, annotations: [{ timestamp: 21, value: 'flush' }] },
    { duration: 10, localEndpoint: { ipv4: '1.1.1.1' }, tags: { x: '1' } },
  ]
  for (const list of [parts, [...parts].reverse()]) {
    const { spans } = read(...list)
    expect(spans).toHaveLength(1)
    expect(spans[0]).toMatchObject({
      kind: 'CLIENT',
      start: 20_000n,
      end: 30_000n,
      resource: { service: 'front', host: '1.1.1.1' },
      events: [{ name: 'flush' }],
    })
    expect(spans[0]?.attributes.get('x')).toBe('1')
  }
})

test('a client and its server, two servers, and whole spans stay what they are', () => {
  const client = { kind: 'CLIENT', timestamp: 20, localEndpoint: { serviceName: 'front' } }
  expect(
    read(client, server, { ...server, localEndpoint: { serviceName: 'back', ipv4: '1.2.3.5' }, duration: undefined }).spans,
  ).toHaveLength(3)
  expect(read(server, server).spans).toHaveLength(2)
  expect(read(server, { ...server, timestamp: 31 }).spans).toHaveLength(2)
})

test('parts are told by their ids, however many zeros are in front, and by the low half of a trace id', () => {
  const { spans } = readZipkin(
    [
      { traceId: 'a', id: 'b', kind: 'CLIENT', timestamp: 20 },
      { traceId: '463ac35c9f6413ad000000000000000a', id: '000000000000000B', duration: 10 },
    ],
    String,
  )
  expect(spans).toMatchObject([{ traceId: '463ac35c9f6413ad000000000000000a', start: 20_000n, end: 30_000n }])
})

test('annotations that come with several parts are there once', () => {
  const annotations = [{ timestamp: 1, value: 'a' }]
  const { spans } = read({ annotations, name: 'x' }, { annotations: [...annotations, { timestamp: 3, value: 'b' }] })
  expect(spans[0]?.events.map(({ name }) => name).sort()).toEqual(['a', 'b'])
})

test('version 1, whose annotations say who made them, is refused rather than half read', () => {
  const { refused } = read({ annotations: [{ timestamp: 1, value: 'cs', endpoint: { serviceName: 'x' } }] })
  expect(refused).toEqual([{ where: '[0]', reason: "Zipkin's version 1 is not read, only version 2" }])
})
