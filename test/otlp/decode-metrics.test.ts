import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import * as metrics from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/model/histogram.ts'
import type { MetricPoint } from '../../src/model/metric.ts'
import { atOurScale } from '../../src/otlp/decode-buckets.ts'
import { decodeMetrics } from '../../src/otlp/decode-metrics.ts'
import { encodeMetrics } from '../../src/otlp/encode-metrics.ts'

class Reader extends metrics.MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
}

/** What OpenTelemetry's own SDK makes of these values, in both encodings. */
async function recorded(values: readonly number[], maxSize: number): Promise<{ protobuf: Uint8Array; json: Uint8Array }> {
  const reader = new Reader({ aggregationTemporalitySelector: () => metrics.AggregationTemporality.DELTA })
  const aggregation = { type: metrics.AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize } } as const
  const views = [{ instrumentName: 'phaseline.phase.self_time', aggregation }]
  const provider = new metrics.MeterProvider({ readers: [reader], views })
  const meter = provider.getMeter('test')
  const attributes = { 'phaseline.phase': 'view', 'phaseline.name': 'books' }
  const histogram = meter.createHistogram('phaseline.phase.self_time', { unit: 's' })
  for (const value of values) histogram.record(value, attributes)
  meter.createCounter('phaseline.phase.errors').add(3, attributes)
  meter.createCounter('phaseline.phase.share').add(0.25, attributes)
  meter.createHistogram('others').record(1)
  meter.createGauge('gauge').record(7)
  const { resourceMetrics } = await reader.collect()
  await provider.shutdown()
  return {
    protobuf: ProtobufMetricsSerializer.serializeRequest(resourceMetrics) as Uint8Array,
    json: JsonMetricsSerializer.serializeRequest(resourceMetrics) as Uint8Array,
  }
}

const VALUES = Array.from({ length: 500 }, (_, index) => 0.0005 * 1.013 ** index)

function ours(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test.each(['protobuf', 'json'] as const)('what OpenTelemetry’s SDK sends as %s is read', async (encoding) => {
  const sent = await recorded(VALUES, 160)
  const points = decodeMetrics(sent[encoding], encoding)
  expect(points.map(({ name, value, delta }) => [name, value, delta])).toEqual([
    ['phaseline.phase.self_time', 0, true],
    ['phaseline.phase.errors', 3, true],
    ['phaseline.phase.share', 0.25, true],
  ])
  const [self] = points as [MetricPoint]
  expect([self.attributes.get('phaseline.phase'), self.attributes.get('phaseline.name')]).toEqual(['view', 'books'])
  expect(Math.abs(self.to - Date.now())).toBeLessThan(60_000)
  expect(self.from).toBeLessThanOrEqual(self.to)
  expect(self.histogram).toMatchObject({ count: 500, min: VALUES[0], max: VALUES.at(-1) })
  expect(self.histogram?.sum).toBeCloseTo(ours(VALUES).sum)
})

test.each([
  [5_000, 0.023],
  [160, 0.06],
  [20, 0.5],
])('with at most %d buckets of theirs a quantile is within %f of the exact one', async (maxSize, error) => {
  const { protobuf } = await recorded(VALUES, maxSize)
  const histogram = Histogram.from((decodeMetrics(protobuf, 'protobuf') as [MetricPoint])[0].histogram ?? ours([]).toData())
  for (const q of [0.1, 0.5, 0.95]) {
    const exact = VALUES[Math.ceil(q * 500) - 1] as number
    expect(Math.abs(histogram.quantile(q) / exact - 1)).toBeLessThan(error)
  }
})

test('finer buckets become ours without loss: the same values give the same histogram', () => {
  const values = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(values, fc.integer({ min: 5, max: 12 }), (some, scale) => {
      const indexes = some.map((value) => Math.ceil(Math.log2(value) * 2 ** scale) - 1)
      const offset = Math.min(...indexes)
      const counts: number[] = Array.from({ length: Math.max(...indexes) - offset + 1 }, () => 0)
      for (const index of indexes) counts[index - offset]! += 1
      const expected = ours(some).toData()
      const { sum, min, max, count } = expected
      expect(atOurScale({ count, sum, min, max, scale, zeroCount: 0, offset, counts })).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('whatever is sent, the histogram is within bounds and adds up', () => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 2 ** 64))
  const given = fc.record({
    count: number,
    sum: number,
    min: number,
    max: number,
    scale: number,
    zeroCount: number,
    offset: number,
    counts: fc.array(fc.nat(), { maxLength: 200 }),
  })
  fc.assert(
    fc.property(given, (one) => {
      const data = atOurScale({ ...one, count: Number.isFinite(one.count) ? one.count : 0 })
      expect(data.counts.length).toBeLessThan(2_000)
      // Relatively: counts up to 2^64 are no whole numbers of a double any more.
      const counted = data.counts.reduce((all, count) => all + count, data.zeroCount)
      expect(Math.abs(counted - data.count)).toBeLessThanOrEqual(1e-9 * Math.max(1e9, data.count))
      expect(Number.isFinite(Histogram.from(data).quantile(0.5)) || data.count === 0).toBe(true)
    }),
  )
})

test('bytes that are no metrics are refused as malformed, however deep they nest', async () => {
  const { protobuf } = await recorded([1], 160)
  fc.assert(
    fc.property(fc.nat(protobuf.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(protobuf)
      changed[at] = byte
      try {
        decodeMetrics(changed, 'protobuf')
      } catch (error) {
        expect((error as { code?: string }).code).toBe('malformed')
      }
    }),
    { numRuns: 500 },
  )
  expect(() => decodeMetrics(Buffer.from('{"resourceMetrics":7}'), 'json')).toThrow('no array')
})

test('what our agent sends is read', () => {
  const histogram = ours(VALUES)
  const attributes = { 'phaseline.phase': 'view', 'http.route': '/books/' }
  const ids = Uint32Array.of(1, 2, 3, 4, 5, 6)
  const points = [{ attributes, histogram, exemplars: [{ ids, value: 0.5, at: 1_000 }] }]
  const metric = { name: 'phaseline.phase.self_time', unit: 's', description: '', kind: 'histogram', points } as const
  const [point] = decodeMetrics(encodeMetrics(new Uint8Array(), [metric], { from: 0, to: 10_000 }), 'protobuf')
  const { sum, ...data } = histogram.toData()
  expect(point?.histogram).toMatchObject(data)
  expect(point?.histogram?.sum).toBeCloseTo(sum)
  expect(point?.attributes.get('http.route')).toBe('/books/')
  expect(point?.exemplars).toHaveLength(1)
  expect(point?.exemplars[0]?.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect([point?.delta, (point?.to ?? 0) - (point?.from ?? 0)]).toEqual([true, 10_000])
})

test.each(['"} 1\\nmade_up 1', 'W47/99gDgQPSabYzgT/GDA==', '12', 'x'.repeat(32)])(
  'an exemplar of a trace %j names none',
  (traceId) => {
    const dataPoints = [{ asInt: '1', exemplars: [{ traceId, asDouble: 1 }] }]
    const metric = { name: 'phaseline.phase.errors', sum: { aggregationTemporality: 1, dataPoints } }
    const asJson = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })
    expect(decodeMetrics(Buffer.from(asJson), 'json')[0]?.exemplars).toMatchObject([{ traceId: '' }])
  },
)

test('an exemplar with an id of any other length than sixteen bytes names no trace', () => {
  const field = (number: number, content: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content])
  const withId = (length: number): Buffer =>
    field(1, field(2, field(2, field(7, field(1, field(5, field(5, Buffer.alloc(length, 7))))))))
  const ids = [0, 8, 16, 80].map((length) => decodeMetrics(withId(length), 'protobuf')[0]?.exemplars[0]?.traceId)
  expect(ids).toEqual(['', '', '07'.repeat(16), ''])
})

/** A field of bytes, with its length in four. */
function large(number: number, content: Uint8Array): Buffer {
  const length = Array.from({ length: 4 }, (_, place) => ((content.length >>> (7 * place)) & 127) | (place < 3 ? 128 : 0))
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content])
}

test.each([
  ['points', large(7, Buffer.alloc(1_000_000, Buffer.from([0x0a, 0])))],
  ['buckets', large(10, large(1, large(8, large(2, Buffer.alloc(5_000_000, 1)))))],
])('more %s than fit into memory are refused', (_what, metric) => {
  expect(() => decodeMetrics(large(1, large(2, large(2, metric))), 'protobuf')).toThrow(/more than \d+ parts/)
})

test('more points than fit into memory are refused in JSON, too', () => {
  const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[${'{},'.repeat(420_000)}{}]}}]}]}]}`
  expect(() => decodeMetrics(Buffer.from(body), 'json')).toThrow(/more than \d+ parts/)
})
