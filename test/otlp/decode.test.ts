import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { decodeTraces } from '../../src/otlp/decode.ts'
import { MalformedError } from '../../src/otlp/decode-reader.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { encode, json, type Message, PARENT, request, SPAN, text, TRACE } from './oracle.ts'

const protobuf = (message: Message): Span[] => decodeTraces(encode('Request', message), 'protobuf').spans
const fromJson = (message: unknown): Span[] => decodeTraces(Buffer.from(JSON.stringify(message)), 'json').spans

const FULL: Message = {
  parentSpanId: PARENT,
  traceState: 'a=1',
  attributes: [
    text('http.route', '/books/:id'),
    { key: 'n', value: { intValue: '-5' } },
    { key: 'big', value: { intValue: '9223372036854775807' } },
    { key: 'd', value: { doubleValue: 0.25 } },
    { key: 'b', value: { boolValue: true } },
    { key: 'none', value: {} },
    { key: 'bytes', value: { bytesValue: Buffer.from([1, 2, 255]) } },
    { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, { intValue: '300' }] } } },
    { key: 'map', value: { kvlistValue: { values: [text('__proto__', 'polluted'), text('k', 'v')] } } },
  ],
  droppedAttributesCount: 3,
  events: [{ timeUnixNano: '1700000000000000005', name: 'exception', attributes: [text('exception.type', 'Error')] }],
  links: [{ traceId: TRACE, spanId: PARENT, attributes: [text('opentracing.ref_type', 'follows_from')] }],
  status: { code: 2, message: 'boom' },
  flags: 257,
}

test.each([
  ['protobuf', (message: Message) => protobuf(message)],
  ['JSON', (message: Message) => fromJson(json(message))],
  ['protobuf written by ourselves', (message: Message) => decodeTraces(encodeSpans(protobuf(message)), 'protobuf').spans],
])('every field of a span is read from %s', (_name, read) => {
  const [span] = read(request(FULL)) as [Span]
  expect(span).toMatchObject({
    traceId: TRACE.toString('hex'),
    spanId: SPAN.toString('hex'),
    parentSpanId: PARENT.toString('hex'),
    name: 'GET',
    kind: 'SERVER',
    start: 1700000000000000001n,
    end: 1700000000000000009n,
    status: 'error',
    statusMessage: 'boom',
    traceState: 'a=1',
    flags: 257,
    droppedAttributes: 3,
    scope: { name: 'test', version: '1' },
  })
  expect(Object.fromEntries(span.attributes)).toMatchObject({
    'http.route': '/books/:id',
    n: -5,
    big: 9223372036854775807n,
    d: 0.25,
    b: true,
    none: null,
  })
  expect([...(span.attributes.get('bytes') as Uint8Array)]).toEqual([1, 2, 255])
  expect(span.attributes.get('list')).toEqual(['x', 300])
  expect(Object.entries(span.attributes.get('map') as object)).toEqual([
    ['__proto__', 'polluted'],
    ['k', 'v'],
  ])
  expect(span.events).toEqual([
    { time: 1700000000000000005n, name: 'exception', attributes: new Map([['exception.type', 'Error']]) },
  ])
  expect(span.links).toMatchObject([{ traceId: TRACE.toString('hex'), spanId: PARENT.toString('hex'), type: 'follows_from' }])
})

test('the service and the host of a span are its resource’s, with names for those that say nothing', () => {
  const of = (...attributes: Message[]): unknown => {
    const { service, host } = (protobuf(request({}, { attributes })) as [Span])[0].resource
    return [service, host]
  }
  expect(of()).toEqual(['unknown_service', 'unknown_service'])
  expect(of(text('service.name', 'shop'), text('service.instance.id', 'i'))).toEqual(['shop', 'i'])
  expect(of(text('service.name', 'shop'), text('host.name', 'h'), text('service.instance.id', 'i'))).toEqual(['shop', 'h'])
  expect(of(text('host.id', 'id'), text('host.name', 'h'))).toEqual(['unknown_service', 'id'])
})

test('a resource that stands behind its spans is theirs all the same', () => {
  const spans = encode('ResourceSpans', { scopeSpans: [{ spans: [{ traceId: TRACE, spanId: SPAN }] }] })
  const resource = encode('ResourceSpans', { resource: { attributes: [text('service.name', 'late')] } })
  const inner = Buffer.concat([spans, resource])
  const body = Buffer.concat([Buffer.from([0x0a, inner.length]), inner])
  expect(decodeTraces(body, 'protobuf').spans[0]?.resource.service).toBe('late')
})

test('JSON integers are exact as numbers too, and enums may be names', () => {
  const text = JSON.stringify(json(request({ kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_OK' } }))).replace(
    '"1700000000000000001"',
    '1700000000000000001',
  )
  const [span] = decodeTraces(Buffer.from(text), 'json').spans
  expect(span).toMatchObject({ start: 1700000000000000001n, kind: 'CLIENT', status: 'ok' })
})

test('JSON ids may be base64, upper case, and the parent null', () => {
  const of = (span: Message): Span => (fromJson(json(request(span))) as [Span])[0]
  expect(of({ traceId: TRACE.toString('base64'), spanId: SPAN.toString('base64') })).toMatchObject({
    traceId: TRACE.toString('hex'),
    spanId: SPAN.toString('hex'),
  })
  expect(of({ traceId: TRACE.toString('hex').toUpperCase(), parentSpanId: null })).toMatchObject({
    traceId: TRACE.toString('hex'),
    parentSpanId: null,
  })
})

test.each([
  ['no trace id', { traceId: Buffer.alloc(0) }],
  ['a trace id of zeros', { traceId: Buffer.alloc(16) }],
  ['a short trace id', { traceId: TRACE.subarray(8) }],
  ['a span id of zeros', { spanId: Buffer.alloc(8) }],
  ['a short span id', { spanId: SPAN.subarray(4) }],
  ['a long parent id', { parentSpanId: TRACE }],
])('a span with %s is refused by its place, the others are taken', (_what, bad) => {
  const message = request()
  const spans = (message as { resourceSpans: [{ scopeSpans: [{ spans: Message[] }] }] }).resourceSpans[0].scopeSpans[0].spans
  spans.push({ ...spans[0], ...bad }, { ...spans[0], spanId: PARENT })
  for (const decoded of [
    decodeTraces(encode('Request', message), 'protobuf'),
    decodeTraces(Buffer.from(JSON.stringify(json(message))), 'json'),
  ]) {
    expect(decoded.spans.map((span) => span.spanId)).toEqual([SPAN.toString('hex'), PARENT.toString('hex')])
    expect(decoded.refused).toMatchObject([{ where: 'resourceSpans[0].scopeSpans[0].spans[1]' }])
  }
})

test('a parent id of zeros is none', () => {
  expect(protobuf(request({ parentSpanId: Buffer.alloc(8) }))[0]?.parentSpanId).toBeNull()
})

/** A value inside so many lists. */
function nested(depth: number): Buffer {
  let value: Buffer = Buffer.from([0x18, 1])
  for (let level = 1; level < depth; level++) value = wrap(0x2a, wrap(0x0a, value))
  return wrap(
    0x0a,
    Buffer.concat([wrap(0x12, wrap(0x12, Buffer.concat([wrap(0x0a, TRACE), wrap(0x12, SPAN), wrap(0x4a, wrap(0x12, value))])))]),
  )
}

function wrap(tag: number, content: Buffer): Buffer {
  const size: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    size.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127) break
  }
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

test('values may be 64 deep; a span with deeper ones is refused', () => {
  expect(decodeTraces(nested(64), 'protobuf')).toMatchObject({ spans: [{}], refused: [] })
  expect(decodeTraces(nested(65), 'protobuf')).toMatchObject({ spans: [], refused: [{ reason: 'values more than 64 deep' }] })
  expect(decodeTraces(nested(2_000), 'protobuf')).toMatchObject({ spans: [], refused: [{}] })
})

test('200,000 values inside each other exhaust nothing in JSON', () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(200_000)}{}${']}}'.repeat(200_000)}`
  const body = JSON.stringify(json(request({ attributes: [{ key: 'deep', value: 'HERE' }] }))).replace('"HERE"', deep)
  expect(decodeTraces(Buffer.from(body), 'json')).toMatchObject({ spans: [], refused: [{ reason: 'values more than 64 deep' }] })
})

test.each([
  ['SERVER', 'Error', 'SERVER', 'error'],
  ['client', 'STATUS_CODE_ERROR', 'CLIENT', 'error'],
  ['2', '1', 'SERVER', 'ok'],
  ['', '', 'INTERNAL', 'unset'],
  ['SPAN_KIND_OF_TOMORROW', 'STATUS_CODE_OF_TOMORROW', 'INTERNAL', 'unset'],
])('JSON may name kinds and statuses in other ways: %j, %j', (kind, code, ...told) => {
  const body = JSON.stringify(json(request({ kind, status: { code } })))
  expect(decodeTraces(Buffer.from(body), 'json').spans.map((span) => [span.kind, span.status])).toEqual([told])
})

test.each(['-1', '"-5"', '"18446744073709551616"'])('a span is refused whose time no 64 bits hold: %s', (time) => {
  const body = JSON.stringify(json(request({ startTimeUnixNano: 'HERE' }))).replace('"HERE"', time)
  expect(decodeTraces(Buffer.from(body), 'json')).toMatchObject({
    spans: [],
    refused: [{ reason: expect.stringContaining('startTimeUnixNano is no time of 1970 to 2554') as string }],
  })
})

test('text that is no UTF-8 is read with replacement characters', () => {
  const body = encode('Request', request({ name: 'AAAA' }))
  body.set([0xff, 0xfe], body.indexOf('AAAA'))
  expect(decodeTraces(body, 'protobuf').spans[0]?.name).toBe('\ufffd\ufffdAA')
})

test.each([
  ['', 'json'],
  ['[]', 'json'],
  ['{"resourceSpans":1}', 'json'],
  ['{"resourceSpans":[5]}', 'json'],
  ['{"resourceSpans":[{"scopeSpans":[[]]}]}', 'json'],
  ['\n\x05', 'protobuf'],
  ['\x0b', 'protobuf'],
  ['\x00', 'protobuf'],
] as const)('a body that is no request is malformed: %j as %s', (body, encoding) => {
  expect(() => decodeTraces(Buffer.from(body), encoding)).toThrow(MalformedError)
})

const seedBody = encode('Request', request(FULL))

test('no damage to a protobuf body does worse than a MalformedError', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(seedBody.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(seedBody.length),
      (changes, length) => {
        const body = Buffer.from(seedBody.subarray(0, length))
        for (const [at, byte] of changes) if (at < length) body[at] = byte
        harmless(body, 'protobuf')
      },
    ),
    { numRuns: 3_000 },
  )
})

test('no damage to a JSON body does worse than a MalformedError', () => {
  const seed = JSON.stringify(json(request(FULL)))
  fc.assert(
    fc.property(
      fc.nat(seed.length),
      fc.nat(20),
      fc.constantFrom('', '{}', '[]', 'null', '1e400', '"x"', '-1', '{"__proto__":1}'),
      (at, cut, put) => {
        harmless(Buffer.from(seed.slice(0, at) + put + seed.slice(at + cut)), 'json')
      },
    ),
    { numRuns: 3_000 },
  )
})

test('no JSON value in place of a field does worse than a MalformedError', () => {
  const keys = [
    'traceId',
    'spanId',
    'name',
    'kind',
    'startTimeUnixNano',
    'attributes',
    'events',
    'links',
    'status',
    'flags',
    'parentSpanId',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      harmless(
        Buffer.from(
          JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...(json(FULL) as object), [key]: value }] }] }] }),
        ),
        'json',
      )
    }),
    { numRuns: 2_000 },
  )
})

/** It is read, or refused as malformed; and what was read can be written and read again. */
function harmless(body: Buffer, encoding: 'protobuf' | 'json'): void {
  let spans: Span[]
  try {
    spans = decodeTraces(body, encoding).spans
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError)
    return
  }
  expect(decodeTraces(encodeSpans(spans), 'protobuf').spans).toHaveLength(spans.length)
}

/** So many bytes of two: a field of this tag without content, again and again. */
const empty = (tag: number, times: number): Buffer => Buffer.alloc(times * 2, Buffer.from([tag, 0]))

function fieldOf(number: number, ...content: Uint8Array[]): Buffer {
  const size = content.reduce((sum, { length }) => sum + length, 0)
  const length = Array.from({ length: 4 }, (_, place) => ((size >>> (7 * place)) & 127) | (place < 3 ? 128 : 0))
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), ...content])
}

const ids = Buffer.concat([fieldOf(1, Buffer.alloc(16, 7)), fieldOf(2, Buffer.alloc(8, 7))])
const MILLIONS = 4_300_000

test.each([
  ['spans', fieldOf(1, fieldOf(2, empty(0x12, MILLIONS)))],
  ['events', fieldOf(1, fieldOf(2, fieldOf(2, ids, empty(0x5a, MILLIONS))))],
  ['links', fieldOf(1, fieldOf(2, fieldOf(2, ids, empty(0x6a, MILLIONS))))],
  ['attributes', fieldOf(1, fieldOf(2, fieldOf(2, ids, empty(0x4a, MILLIONS))))],
  ['values of a list', fieldOf(1, fieldOf(2, fieldOf(2, ids, fieldOf(9, fieldOf(2, fieldOf(5, empty(0x0a, MILLIONS)))))))],
  ['scopes', fieldOf(1, empty(0x12, MILLIONS))],
  ['resources', empty(0x0a, MILLIONS)],
])('eight megabytes of nothing but empty %s are refused: they would fill memory', (_what, body) => {
  expect(() => decodeTraces(body, 'protobuf')).toThrow(/more than \d+ (parts|spans)/)
})

test('the same in JSON, before anything is made of it', () => {
  const spans = (times: number): Buffer =>
    Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(times)}{}]}]}]}`)
  expect(() => decodeTraces(spans(MILLIONS), 'json')).toThrow(/more than \d+ parts/)
  expect(() => decodeTraces(spans(210_000), 'json')).toThrow(/more than 200000 spans cannot be taken: no trace id/)
})

test('null in an AnyValue’s JSON is a field that is not there', () => {
  const value = { stringValue: null, arrayValue: null, kvlistValue: { values: [{ key: 'a', value: { intValue: 1 } }] } }
  const span = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: [{ key: 'k', value }] }
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  expect(decodeTraces(Buffer.from(body), 'json').spans[0]?.attributes.get('k')).toEqual({ a: 1 })
})
