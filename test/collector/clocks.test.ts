import { expect, test } from 'vitest'
import { clocksOf, knowing, readTimeline, withClocks } from '../../src/collector/clocks.ts'
import { collect, type Collector } from '../../src/collector/index.ts'
import type { Span } from '../../src/model/span.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { decodeTraces } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { span } from '../stitch/spans.ts'
import { folder, running, send, sendSpans } from './running.ts'

const BEGAN = 1_790_000_000_000_000_000n
const idOf = (number: number): string => number.toString(16).padStart(32, '0')

/** A client on `edge` waits from 0 to 100 ms for a server on `app`, whose clock says `from` to `to`. */
function call(number: number, from: number, to: number): [client: Span, server: Span] {
  const one = (id: string, start: number, end: number): Span => ({
    ...span(id, { at: [0, 0] }),
    traceId: idOf(number),
    start: BEGAN + BigInt(number * 1e9 + start * 1e6),
    end: BEGAN + BigInt(number * 1e9 + end * 1e6),
  })
  const on = (host: string): Span['resource'] => ({
    service: host,
    host: `${host}-1`,
    attributes: new Map([
      ['service.name', host],
      ['host.name', `${host}-1`],
    ]),
  })
  return [
    { ...one('00000000000000aa', 0, 100), kind: 'CLIENT', resource: on('edge') },
    { ...one('00000000000000bb', from, to), kind: 'SERVER', parentSpanId: '00000000000000aa', resource: on('app') },
  ]
}

async function take(collector: Collector, spans: readonly Span[]): Promise<Timeline> {
  const told = new Promise<Timeline>((resolve) => {
    const stop = collector.on('timeline', (_, timeline) => (stop(), resolve(timeline)))
  })
  await sendSpans(collector, spans)
  await collector.flush()
  return told
}

test('what one trace says of a clock helps with the next, and whoever reads it later gets the same timeline', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data })
  await take(first, call(1, 5_000, 5_099))
  const told = await take(first, call(2, 5_000, 5_010))
  expect(told.clocks).toEqual([
    { host: 'app-1', offsetNs: 4_999_500_000n, lowNs: 4_999_000_000n, highNs: 5_000_000_000n, pairs: 1, confidence: 'bounded' },
  ])
  const read = await first.store.timeline(idOf(2))
  expect(timelineJson(read as Timeline)).toEqual(timelineJson(told))
  expect(told.clocks).not.toEqual(stitch(call(2, 5_000, 5_010)).clocks)
  await first.close()
  const second = await running({ data })
  expect(timelineJson((await second.store.timeline(idOf(2))) as Timeline)).toEqual(timelineJson(told))
  expect((await second.store.search({ skew: true })).items.map(({ traceId }) => traceId)).toEqual([idOf(2), idOf(1)])
})

test('a late span is stitched with what the others were, though nobody else remembers it', async () => {
  const data = folder()
  const first = await collect({ otlpPort: 0, data })
  await take(first, call(1, 5_000, 5_099))
  const before = await take(first, call(2, 5_000, 5_010))
  await first.close()
  const second = await running({ data })
  const [, server] = call(2, 5_002, 5_003)
  const after = await take(second, [{ ...server, spanId: '00000000000000cc', kind: 'INTERNAL', parentSpanId: server.spanId }])
  expect(after.spans).toHaveLength(3)
  expect(after.clocks).toEqual(before.clocks)
  expect(timelineJson((await second.store.timeline(idOf(2))) as Timeline)).toEqual(timelineJson(after))
})

test('however a trace’s spans are split over bodies, its timeline is the same', async () => {
  // What the server's clock is ahead of the client's by, in ms: 5,000…5,050, 5,040…5,090, 5,052…5,080.
  const calls = [
    [5_050, 5_100],
    [5_090, 5_140],
    [5_080, 5_152],
  ] as const
  const [first, second, third] = calls.map(([from, to], i) =>
    call(1, from, to).map((one): Span => {
      const parentSpanId = one.parentSpanId === null ? null : `00000000000000a${i}`
      return { ...one, spanId: `00000000000000${parentSpanId === null ? 'a' : 'b'}${i}`, parentSpanId }
    }),
  ) as [Span[], Span[], Span[]]
  const whole = stitch([...first, ...second, ...third])
  expect(whole.clocks).toMatchObject([{ confidence: 'conflicting', lowNs: 5_052_000_000n }])
  const orders = [
    [[...first, ...second], third],
    [third, first, second],
  ]
  for (const bodies of orders) {
    const collector = await running()
    let told: Timeline | undefined
    for (const body of bodies) told = await take(collector, body)
    expect(timelineJson(told as Timeline)).toEqual(timelineJson(whole))
  }
})

test('a trace of last week says nothing of a clock of today', async () => {
  const collector = await running()
  await take(collector, call(1, 5_000, 5_099))
  const alone = stitch(call(604_800, 5_000, 5_010))
  expect((await take(collector, call(604_800, 5_000, 5_010))).clocks).toEqual(alone.clocks)
})

test('what is known of clocks is told', async () => {
  const collector = await running()
  await take(collector, call(1, 5_000, 5_099))
  await take(collector, call(2, 5_000, 5_010))
  expect(collector.stats().clocks).toEqual([
    {
      from: 'edge-1',
      to: 'app-1',
      low: 4_999_000_000,
      high: 5_000_000_000,
      traces: 2,
      conflict: false,
      at: Number(BEGAN / 1_000_000n) + 2_000,
    },
  ])
})

const USED = [
  { from: 'a\n"', to: 'b', low: -Infinity, high: 1e18 },
  { from: 'a\n"', to: 'ü', low: -7, high: Infinity },
]

test('what was used stays with the spans, which are as they were', () => {
  const otlp = encodeSpans(call(1, 0, 5))
  const stored = withClocks(otlp, USED)
  expect(Buffer.compare(clocksOf(stored).otlp, otlp)).toBe(0)
  expect(clocksOf(stored).used).toEqual(USED)
  expect(clocksOf(otlp)).toEqual({ otlp, used: [] })
  expect(withClocks(otlp, [])).toBe(otlp)
  expect(decodeTraces(stored, 'protobuf')).toEqual(decodeTraces(otlp, 'protobuf'))
  expect(timelineJson(readTimeline(stored))).toEqual(timelineJson(stitch(decodeTraces(otlp, 'protobuf').spans, knowing(USED))))
})

test('a sender cannot say what was used', async () => {
  const collector = await running()
  const forged = withClocks(encodeSpans(call(1, 20, 70)), [{ from: 'edge-1', to: 'app-1', low: 1e9, high: 1e9 }])
  expect((await send(collector.otlpPort, forged)).status).toBe(200)
  await collector.flush()
  expect((await collector.store.timeline(idOf(1)))?.clocks).toEqual(stitch(call(1, 20, 70)).clocks)
})
