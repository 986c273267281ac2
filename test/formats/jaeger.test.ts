import { expect, test } from 'vitest'
import { readJaeger } from '../../src/formats/jaeger.ts'
import { readFileOfSpans } from '../../src/formats/read.ts'

type Json = Record<string, unknown>
const one = (span: Json, process: Json = { serviceName: 'shop' }) =>
  readJaeger({ traceID: 'abc', spans: [{ spanID: '1', processID: 'p', ...span }], processes: { p: process } }).spans[0]

test('ids are filled with zeros, microseconds become nanoseconds', () => {
  expect(one({ spanID: 'B1', startTime: 1_790_000_000_000_001, duration: 2 })).toMatchObject({
    traceId: '00000000000000000000000000000abc',
    spanId: '00000000000000b1',
    start: 1_790_000_000_000_001_000n,
    end: 1_790_000_000_000_003_000n,
  })
})

test('an id that is no number becomes one, the same wherever it stands, and is kept', () => {
  const { spans } = readJaeger({
    traceID: 'test-trace',
    spans: [{ spanID: 'span-A' }, { spanID: 'span-B', references: [{ refType: 'CHILD_OF', spanID: 'span-A' }] }],
  })
  expect(spans[0]?.spanId).toMatch(/^[0-9a-f]{16}$/)
  expect(spans[1]?.parentSpanId).toBe(spans[0]?.spanId)
  expect(spans[0]?.attributes.get('jaeger.span_id')).toBe('span-A')
})

test('the parent is the first CHILD_OF of the same trace, else the first FOLLOWS_FROM; other references are links', () => {
  const refs = (...list: [string, string, string?][]) =>
    one({ references: list.map(([refType, spanID, traceID = 'abc']) => ({ refType, spanID, traceID })) })
  const child = refs(['FOLLOWS_FROM', '5'], ['CHILD_OF', '6', 'def'], ['CHILD_OF', '7'], ['CHILD_OF', '8'])
  expect(child?.parentSpanId).toBe('0000000000000007')
  expect(child?.links.map(({ type, spanId }) => `${type} ${spanId.slice(-1)}`)).toEqual(['follows_from 5', 'link 6', 'link 8'])
  const follower = refs(['FOLLOWS_FROM', '5'])
  expect(follower?.parentSpanId).toBe('0000000000000005')
  expect(follower?.links).toMatchObject([{ type: 'follows_from', spanId: '0000000000000005' }])
  expect(one({ parentSpanID: '9' })?.parentSpanId).toBe('0000000000000009')
})

test.each(['FOLLOWS_FROM', 'follows-from', 'FollowsFrom'])('%s is what it says, however it is written', (refType) => {
  expect(one({ references: [{ refType, traceID: 'abc', spanID: '2' }] })?.links).toMatchObject([{ type: 'follows_from' }])
})

test('a reference to the same trace may have half its id, or the whole of it', () => {
  const [whole, half] = ['463ac35c9f6413ad48485a3953bb6124', '48485a3953bb6124']
  const parent = (traceID: string, other: string) => one({ traceID, references: [{ traceID: other, spanID: '2' }] })?.parentSpanId
  expect([parent(whole, half), parent(half, whole)]).toEqual(['0000000000000002', '0000000000000002'])
  expect(parent(whole, `1${half.slice(1)}`)).toBeNull()
  expect(parent(whole, `1${whole.slice(1)}`)).toBeNull()
})

test('tags are attributes in their types; kind, status and scope come from them', () => {
  const span = one({
    tags: [
      { key: 'span.kind', type: 'string', value: 'server' },
      { key: 'error', type: 'bool', value: true },
      { key: 'large', type: 'int64', value: '9223372036854775807' },
      { key: 'blob', type: 'binary', value: 'AAE=' },
      { key: 'otel.scope.name', type: 'string', value: 'lib' },
      { key: '__proto__', type: 'string', value: 'x' },
    ],
    logs: [
      {
        timestamp: 5,
        fields: [
          { key: 'event', value: 'retry' },
          { key: 'n', value: 2 },
        ],
      },
    ],
    warnings: ['clock'],
  })
  expect(span).toMatchObject({ kind: 'SERVER', status: 'error', scope: { name: 'lib' } })
  expect(span?.attributes.get('large')).toBe(9_223_372_036_854_775_807n)
  expect(span?.attributes.get('blob')).toEqual(new Uint8Array([0, 1]))
  expect(span?.attributes.get('__proto__')).toBe('x')
  expect(span?.attributes.get('jaeger.warnings')).toEqual(['clock'])
  expect(span?.events).toMatchObject([{ time: 5000n, name: 'retry' }])
})

test.each([
  [{ value: false }, 'unset'],
  [{ value: 'false' }, 'unset'],
  [{ value: 'ClientSideError' }, 'error'],
])('a tag error of %o is %s', ({ value }, status) => {
  expect(one({ tags: [{ key: 'error', value }] })?.status).toBe(status)
})

test('the host is what the process says of it, else its service', () => {
  const host = (...tags: [string, unknown][]) =>
    one({}, { serviceName: 'shop', tags: tags.map(([key, value]) => ({ key, value })) })?.resource.host
  expect(host()).toBe('shop')
  expect(host(['ip', '10.0.0.1'])).toBe('10.0.0.1')
  expect(host(['ip', '10.0.0.1'], ['hostname', 'web-1'])).toBe('web-1')
  expect(host(['hostname', 'web-1'], ['host.id', 'i-7'])).toBe('i-7')
  expect(one({ processID: 'none' })?.resource.service).toBe('unknown_service')
})

test('what Jaeger calls the host of a process is OpenTelemetry’s name of it, too', () => {
  const process = {
    serviceName: 'shop',
    tags: [
      { key: 'hostname', value: 'web-1' },
      { key: 'ip', type: 'int64', value: 167_772_161 },
    ],
  }
  const attributes = one({}, process)?.resource.attributes
  expect([attributes?.get('host.name'), attributes?.get('host.ip')]).toEqual(['web-1', '10.0.0.1'])
})

test('an address may be one number, or its bytes', () => {
  const host = (ip: object) => one({}, { serviceName: 'shop', tags: [{ key: 'ip', ...ip }] })?.resource.host
  expect(host({ type: 'int64', value: 0x0a000001 })).toBe('10.0.0.1')
  expect(host({ type: 'int64', value: 0xc0a80001 })).toBe('192.168.0.1')
  expect(host({ type: 'binary', value: 'CgAAAQ==' })).toBe('10.0.0.1')
  expect(host({ type: 'string', value: '10.0.0.1' })).toBe('10.0.0.1')
})

test('a reference that leads nowhere is left out, and said; one without a trace is of this one', () => {
  const span = one({ references: [{ refType: 'CHILD_OF' }, { refType: 'CHILD_OF', traceID: '', spanID: '7' }] })
  expect(span).toMatchObject({ parentSpanId: '0000000000000007', links: [] })
  expect(span?.attributes.get('jaeger.warnings')).toEqual(['a reference without a span id'])
})

test('a duration below zero is an end before the start', () => {
  expect(one({ startTime: 1_000, duration: -5 })).toMatchObject({ start: 1_000_000n, end: 995_000n })
})

test('times that no 64 bits of nanoseconds hold are refused', () => {
  const { refused } = readJaeger({
    traceID: 'abc',
    spans: [
      { spanID: '1', startTime: '18446744073709552' },
      { spanID: '2', startTime: -1 },
    ],
  })
  expect(refused.map(({ reason }) => reason)).toEqual([
    'startTime is no time of 1970 to 2554: "18446744073709552"',
    'startTime is no time of 1970 to 2554: -1',
  ])
})

test('numbers of 64 bits and texts of numbers are what their type says', () => {
  const text = `{"traceID":"abc","spans":[{"spanID":"1","tags":[{"key":"i","type":"int64","value":9223372036854775807},
    {"key":"f","type":"float64","value":"1.5"},{"key":"b","type":"bool","value":"true"}]}]}`
  const attributes = readFileOfSpans('f', Buffer.from(text)).spans[0]?.attributes
  expect(['i', 'f', 'b'].map((key) => attributes?.get(key))).toEqual([9_223_372_036_854_775_807n, 1.5, true])
})

test('a status may be a number of OTLP’s, which counts more than the error tag', () => {
  const status = (...tags: [string, unknown][]) => one({ tags: tags.map(([key, value]) => ({ key, value })) })?.status
  expect(status(['otel.status_code', 2])).toBe('error')
  expect(status(['otel.status_code', '1'], ['error', true])).toBe('ok')
  expect(status(['otel.status_code', 0])).toBe('unset')
})

test('tags may be the fields of one object', () => {
  const span = one({ tags: { 'span.kind': 'client', error: true, n: 1 } }, { serviceName: 'shop', tags: { hostname: 'h1' } })
  expect(span).toMatchObject({ kind: 'CLIENT', status: 'error', resource: { host: 'h1' } })
  expect(span?.attributes.get('n')).toBe(1)
})

test('a span that shares its client’s id still does when it comes back from Jaeger', () => {
  expect(one({ tags: [{ key: 'zipkin.shared', type: 'bool', value: true }] })?.shared).toBe(true)
})

test('a key that is said twice has both values; an error’s text is kept beside its flag', () => {
  const twice = (key: string, ...values: unknown[]) => one({ tags: values.map((value) => ({ key, value })) })
  expect(twice('peer', 'a', 'b', 'b')?.attributes.get('peer')).toEqual(['a', 'b'])
  const failed = twice('error', 'no route', true)
  expect([failed?.attributes.get('error'), failed?.status]).toEqual(['no route', 'error'])
})

test('what Jaeger says in tags and a span has fields for is there once; what we warned of ourselves is no news', () => {
  const tags = ['span.kind', 'otel.status_code', 'otel.scope.name', 'w3c.tracestate'].map((key) => ({ key, value: 'ok' }))
  const span = one({ tags, warnings: ['orphan', 'truncated', 'clock skew'] })
  expect(span).toMatchObject({ status: 'ok', traceState: 'ok', scope: { name: 'ok' }, droppedAttributes: 1 })
  expect(Object.fromEntries(span?.attributes ?? [])).toEqual({ 'jaeger.warnings': ['clock skew'] })
})
