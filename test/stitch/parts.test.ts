import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readZipkin } from '../../src/formats/zipkin.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { tracesOf } from '../../src/stitch/traces.ts'

type Json = Record<string, unknown>
const T = 1_790_000_000_000_000
const read = (...list: Json[]) =>
  readZipkin(
    list.map((span) => ({ traceId: 'a', id: 'b', ...span })),
    String,
  ).spans
const stitched = (...list: Json[]): Timeline => stitch([...tracesOf(read(...list)).values()][0] ?? [])
const told = (timeline: Timeline) =>
  timeline.spans.map(({ kind, service, host, start, end, warnings }) => [
    kind,
    service,
    host,
    ...[start, end].map((time) => Number(time / 1_000n) - T),
    warnings.join(' '),
  ])

const front = { serviceName: 'front', ipv4: '10.0.0.1' }
const back = { serviceName: 'back', ipv4: '10.0.0.2', port: 80 }
const client = { kind: 'CLIENT', timestamp: T, duration: 50, localEndpoint: front }
const server = { kind: 'SERVER', shared: true, timestamp: T + 10, duration: 20, localEndpoint: back }
const both = [
  ['CLIENT', 'front', '10.0.0.1', 0, 50, 'shared_id'],
  ['SERVER', 'back', '10.0.0.2', 10, 30, 'shared_id'],
]

test('a span that came in parts is one, whatever their order', () => {
  const parts = [
    {
      kind: 'CLIENT',
      timestamp: T,
      localEndpoint: { serviceName: 'front' },
      annotations: [{ timestamp: T + 1, value: 'flush' }],
    },
    { duration: 10, localEndpoint: { ipv4: '10.0.0.1' }, tags: { x: '1' } },
    { name: 'get', annotations: [{ timestamp: T + 1, value: 'flush' }] },
  ]
  for (const list of [parts, [...parts].reverse()]) {
    const timeline = stitched(...list)
    expect(told(timeline)).toEqual([['CLIENT', 'front', '10.0.0.1', 0, 10, '']])
    expect(timeline.spans[0]?.name).toBe('get')
    expect(timeline.spans[0]?.source).toMatchObject({ name: 'get', events: [{ name: 'flush' }] })
    expect(Object.fromEntries(timeline.spans[0]?.source?.attributes ?? [])).toEqual({ x: '1' })
  }
})

test('parts that went over the wire apart from each other are one, too', () => {
  const parts = read({ kind: 'CLIENT', timestamp: T, localEndpoint: front }, { duration: 10 })
  const timeline = stitch(parts.flatMap((part) => decodeSpans(encodeSpans([part]))))
  expect(told(timeline)).toEqual([['CLIENT', 'front', '10.0.0.1', 0, 10, '']])
})

test("a server's late part joins the server, though it does not say its side or that its id is shared", () => {
  expect(told(stitched(client, server, { name: 'get', localEndpoint: back }))).toEqual(both)
})

test("a late part without an endpoint joins the client, the id's first owner", () => {
  const { duration: _, ...begun } = client
  expect(told(stitched(begun, server, { duration: 50 }))).toEqual(both)
})

test('parts of two servers under one id stay two', () => {
  const second = { ...server, localEndpoint: { ...back, ipv4: '10.0.0.3' }, duration: undefined }
  expect(told(stitched(client, server, second))).toHaveLength(3)
  const otherPort = { ...server, localEndpoint: { ...back, port: 81 }, duration: undefined }
  expect(stitched(server, otherPort).warnings.get('conflict')).toBe(1)
})

test('two whole spans under one id are a conflict, a copy is a duplicate', () => {
  expect(stitched(server, { ...server, timestamp: T + 31 }).warnings.get('conflict')).toBe(1)
  expect(stitched(server, server).warnings).toEqual(new Map([['duplicate', 1]]))
})

test('parts are told by their ids, however many zeros are in front, and by the low half of a trace id', () => {
  const timeline = stitched(
    { kind: 'CLIENT', timestamp: T },
    { traceId: '463ac35c9f6413ad000000000000000a', id: '000000000000000B', duration: 10 },
  )
  expect(timeline).toMatchObject({ traceId: '463ac35c9f6413ad000000000000000a', durationNs: 10_000n })
  expect(timeline.spans).toHaveLength(1)
})

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const part = fc.record({
  kind: maybe(fc.constantFrom('CLIENT', 'SERVER')),
  shared: maybe(fc.constant(true)),
  timestamp: maybe(fc.integer({ min: T, max: T + 50 })),
  duration: maybe(fc.integer({ min: 1, max: 50 })),
  name: maybe(fc.constantFrom('x', 'y')),
  localEndpoint: maybe(fc.constantFrom<Json>(front, back, { serviceName: 'front' }, { ipv4: back.ipv4 }, { ...back, port: 81 })),
})

test('any parts give one timeline, in whatever order and by whatever way they come', () => {
  fc.assert(
    fc.property(
      fc
        .array(part, { minLength: 1, maxLength: 7 })
        .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        const sent = read(...shuffled).flatMap((span) => decodeSpans(encodeSpans([span])))
        expect(timelineJson(stitch(sent))).toEqual(timelineJson(stitch(read(...list))))
      },
    ),
    { numRuns: 500 },
  )
})
