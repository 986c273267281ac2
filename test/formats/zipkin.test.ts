import { expect, test } from 'vitest'
import { readZipkin } from '../../src/formats/zipkin.ts'

type Json = Record<string, unknown>
const read = (...list: Json[]) =>
  readZipkin(
    list.map((span) => ({ traceId: 'a', id: 'b', ...span })),
    (place) => `[${place}]`,
  )
const one = (span: Json) => read(span).spans[0]
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
    timestamp: 1,
    duration: 1,
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

test('a host that says both its addresses is the one that says only the newer', () => {
  const [v4, v6] = ['10.0.0.1', '2001:db8::c001']
  const { spans } = read(...[{ ipv6: v6 }, { ipv4: v4, ipv6: v6 }, { ipv4: v4 }].map((localEndpoint) => ({ localEndpoint })))
  expect(spans.map(({ resource }) => resource.host)).toEqual([v4, v4, v4])
  expect(read({ localEndpoint: { ipv6: v6, port: 0 } }).spans[0]?.resource.host).toBe(v6)
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

test('what OpenTelemetry puts into tags is taken out of them: status, scope, the kind that Zipkin has no word for', () => {
  const tags = {
    'otel.status_code': 'ERROR',
    'otel.status_description': 'late',
    'otel.scope.name': 'http',
    'span.kind': 'consumer',
  }
  const span = one({ timestamp: 1, duration: 1, tags })
  expect(span).toMatchObject({ status: 'error', statusMessage: 'late', scope: { name: 'http' }, kind: 'CONSUMER' })
  expect(span?.attributes).toEqual(new Map())
  expect(one({ kind: 'SERVER', tags: { 'span.kind': 'client', 'otel.status_code': 'OK' } })).toMatchObject({
    kind: 'SERVER',
    status: 'ok',
  })
  expect(one({ tags: { error: '' } })?.status).toBe('error')
  expect(one({ tags: { error: 'false' } })?.status).toBe('unset')
})

test('a client whose id is said to be shared is a client still', () => {
  expect(one({ kind: 'CLIENT', shared: true })?.shared).toBe(false)
  expect(one({ kind: 'SERVER', shared: true })?.shared).toBe(true)
})

test('a span without times keeps what it said', () => {
  expect(one({ duration: 10 })).toMatchObject({ start: 0n, end: 0n })
  expect(one({ duration: 10 })?.attributes.get('zipkin.duration')).toBe(10)
})

test('a span that does not say when it was and how long is marked as a part', () => {
  const isPart = (span: Json) => one(span)?.attributes.get('zipkin.part')
  expect([{ timestamp: 1 }, { duration: 1 }, {}, { timestamp: 1, duration: 0 }].map(isPart)).toEqual([true, true, true, true])
  expect(isPart({ timestamp: 1, duration: 1 })).toBeUndefined()
})
