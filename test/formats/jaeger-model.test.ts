import { expect, test } from 'vitest'
import { readDocument } from '../../src/formats/document.ts'

const id = (byte: number, length: number) => Buffer.from(new Uint8Array(length).fill(0).with(length - 1, byte)).toString('base64')
const TRACE = `${'0'.repeat(31)}1`
const idOf = (byte: number) => byte.toString(16).padStart(16, '0')

const span = {
  traceId: id(1, 16),
  spanId: id(2, 8),
  operationName: 'GET',
  references: [
    { traceId: id(1, 16), spanId: id(3, 8) },
    { refType: 'FOLLOWS_FROM', traceId: id(1, 16), spanId: id(4, 8) },
  ],
  startTime: '2026-09-21T20:13:20.000001234+02:00',
  duration: '5000ns',
  tags: [
    { key: 'span.kind', vStr: 'server' },
    { key: 'big', vType: 'INT64', vInt64: '9007199254740993' },
    { key: 'zero', vType: 'INT64' },
    { key: 'ratio', vType: 'FLOAT64', vFloat64: 0.5 },
    { key: 'cached', vType: 'BOOL', vBool: true },
    { key: 'raw', vType: 'BINARY', vBinary: 'AAE=' },
  ],
  logs: [{ timestamp: '2026-09-21T18:13:20.000002Z', fields: [{ key: 'event', vStr: 'sent' }] }],
  process: { serviceName: 'shop', tags: [{ key: 'hostname', vStr: 'h1' }] },
  warnings: ['late'],
}
const START = BigInt(Date.UTC(2026, 8, 21, 18, 13, 20)) * 1_000_000n

test("a span of Jaeger's internal model is read as its API's: ids, times to the nanosecond, tags of all types", () => {
  const { spans, refused } = readDocument(span, '')
  expect(refused).toEqual([])
  expect(spans).toMatchObject([
    {
      traceId: TRACE,
      spanId: idOf(2),
      parentSpanId: idOf(3),
      name: 'GET',
      kind: 'SERVER',
      start: START + 1_234n,
      end: START + 6_234n,
      links: [{ spanId: idOf(4), type: 'follows_from' }],
      events: [{ name: 'sent', time: START + 2_000n }],
      resource: { service: 'shop', host: 'h1' },
    },
  ])
  expect(Object.fromEntries(spans[0]?.attributes ?? [])).toEqual({
    big: 9_007_199_254_740_993n,
    zero: 0,
    ratio: 0.5,
    cached: true,
    raw: new Uint8Array([0, 1]),
    'jaeger.warnings': ['late'],
  })
})

test('a trace of it may have its processes in a list, the names and numbers of protobuf, and durations in seconds', () => {
  const { spans } = readDocument(
    {
      spans: [
        {
          trace_id: 'a1',
          span_id: 'b1',
          operation_name: 'x',
          process_id: 'p1',
          start_time: '2026-09-21T18:13:20Z',
          duration: '0.000005s',
        },
        { ...span, process: undefined, processId: 'p1', references: [{ refType: 1, spanId: id(2, 8) }], duration: '1.5ms' },
      ],
      processMap: [{ processId: 'p1', process: { serviceName: 'stock' } }],
    },
    '',
  )
  expect(spans).toMatchObject([
    { spanId: '00000000000000b1', resource: { service: 'stock' }, start: START, end: START + 5_000n },
    {
      resource: { service: 'stock' },
      parentSpanId: idOf(2),
      end: START + 1_234n + 1_500_000n,
      links: [{ type: 'follows_from' }],
    },
  ])
})

test('a time that is none is refused with its place', () => {
  expect(readDocument({ spans: [span, { ...span, startTime: 'soon' }] }, '').refused).toMatchObject([
    { where: 'spans[1]', reason: expect.stringContaining('startTime') as string },
  ])
})

test("what other tracers write with some of these names is none of Jaeger's", () => {
  const segment = { traceId: 'a1', spans: [{ spanId: 0, operationName: 'GET', startTime: 1 }] }
  expect(() => readDocument(segment, '')).toThrow('neither OTLP nor Jaeger nor Zipkin')
})
