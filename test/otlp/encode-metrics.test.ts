import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { expect, test } from 'vitest'
import { epochNanos, epochOrigin } from '../../src/model/clock.ts'
import { Histogram } from '../../src/model/histogram.ts'
import { encodeResource } from '../../src/otlp/encode.ts'
import { encodeMetrics, type Metric } from '../../src/otlp/encode-metrics.ts'
import { readMetrics, type SentMetric } from './metrics-reader.ts'

const RESOURCE = encodeResource({ 'service.name': 'shop' })
const PERIOD = { from: 1_000, to: 11_000 }
const IDS = Uint32Array.of(0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c, 0xb7ad6b71, 0xfffffffe)

function sent(...metrics: Metric[]): SentMetric[] {
  return readMetrics(encodeMetrics(RESOURCE, metrics, PERIOD))
}

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

const SELF = { kind: 'histogram', name: 'phaseline.phase.self_time', unit: 's', description: 'Self time.' } as const

test('a histogram says its buckets, sums, period and exemplars', () => {
  const histogram = histogramOf(0, 0.001, 0.002, 3)
  const exemplar = { ids: IDS, value: 3, at: 10_000 }
  const [metric] = sent({ ...SELF, points: [{ attributes: { 'phaseline.phase': 'view' }, histogram, exemplars: [exemplar] }] })
  expect(metric).toMatchObject({
    name: SELF.name,
    unit: 's',
    kind: 'histogram',
    temporality: 1,
    resource: { 'service.name': 'shop' },
  })
  const point = metric?.points[0]
  expect(point).toMatchObject({
    attributes: { 'phaseline.phase': 'view' },
    count: 4,
    sum: 3.003,
    min: 0,
    max: 3,
    scale: 5,
    zeroCount: 1,
  })
  const { offset, counts } = histogram.toData()
  expect(point).toMatchObject({ offset, counts })
  expect(point?.exemplars).toEqual([
    { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b71fffffffe', value: 3, time: near(10_000) },
  ])
  expect([point?.start, point?.time]).toEqual([near(1_000), near(11_000)])
})

/** The clock's origin may move by a little while a test runs. */
function near(at: number): unknown {
  const nanos = epochNanos(at, epochOrigin())
  return expect.toSatisfy((value: bigint) => value - nanos < 50_000_000n && nanos - value < 50_000_000n)
}

test('two thousand series of any spread arrive as they were', () => {
  const points = Array.from({ length: 2_000 }, (_, i) => ({
    attributes: { 'phaseline.name': `layer ${i}`, 'http.route': `/r/${i % 40}` },
    histogram: histogramOf(1e-9 * (i + 1), 1e-3 * (i + 1), 7 * (i + 1)),
    exemplars: [],
  }))
  const [metric] = sent({ ...SELF, points })
  expect(metric?.points.length).toBe(2_000)
  for (const [i, point] of (metric?.points ?? []).entries()) {
    const { offset, counts, count, sum } = (points[i] as (typeof points)[0]).histogram.toData()
    expect({ offset: point.offset, counts: point.counts, count: point.count, sum: point.sum }).toEqual({
      offset,
      counts,
      count,
      sum,
    })
    expect(point.attributes).toEqual(points[i]?.attributes)
  }
})

test('sums are monotonic deltas, whole ones integers and the others doubles', () => {
  const point = { attributes: { a: 'b' }, value: 5 }
  const [errors, share] = sent(
    { kind: 'sum', whole: true, name: 'errors', unit: '{phase}', description: '', points: [point] },
    { kind: 'sum', whole: false, name: 'share', unit: '1', description: '', points: [{ ...point, value: 0.25 }] },
  )
  expect(errors).toMatchObject({ kind: 'sum', temporality: 1, monotonic: true })
  expect(errors?.points[0]).toMatchObject({ attributes: { a: 'b' }, asInt: 5 })
  expect(share?.points[0]).toMatchObject({ asDouble: 0.25 })
})

test('whole numbers beyond 32 bits arrive', () => {
  const [bytes] = sent({
    kind: 'sum',
    whole: true,
    name: 'bytes',
    unit: 'By',
    description: '',
    points: [{ attributes: {}, value: 2 ** 40 + 3 }],
  })
  expect(bytes?.points[0]?.asInt).toBe(2 ** 40 + 3)
})

/** As OpenTelemetry's SDK hands metrics to its exporters, with its numbers for kinds and for delta. */
function theirs(histogram: Histogram): unknown {
  const { count, sum, min, max, zeroCount, offset, counts } = histogram.toData()
  const common = { attributes: { 'phaseline.phase': 'view' }, startTime: [1_700_000_000, 5], endTime: [1_700_000_010, 7] }
  const negative = { offset: 0, bucketCounts: [] }
  const value = { count, sum, min, max, scale: 5, zeroCount, positive: { offset, bucketCounts: counts }, negative }
  const descriptor = { name: SELF.name, unit: 's', description: SELF.description, type: 'HISTOGRAM', valueType: 1 }
  const self = { descriptor, aggregationTemporality: 0, dataPointType: 1, dataPoints: [{ ...common, value }] }
  const share = {
    descriptor: { ...descriptor, name: 'share' },
    aggregationTemporality: 0,
    dataPointType: 3,
    isMonotonic: true,
    dataPoints: [{ ...common, value: 0.25 }],
  }
  const resource = { attributes: { 'service.name': 'shop' } }
  return { resource, scopeMetrics: [{ scope: { name: 'theirs' }, metrics: [self, share] }] }
}

test('what we send reads as what OpenTelemetry’s own encoder makes of the same', () => {
  const histogram = histogramOf(0, 0.001, 0.002, 3)
  const bytes = ProtobufMetricsSerializer.serializeRequest(theirs(histogram) as never) as Uint8Array
  const attributes = { 'phaseline.phase': 'view' }
  const ours = sent(
    { ...SELF, points: [{ attributes, histogram, exemplars: [] }] },
    { ...SELF, kind: 'sum', whole: false, name: 'share', points: [{ attributes, value: 0.25 }] },
  )
  const timeless = (metrics: SentMetric[]): unknown =>
    metrics.map((metric) => ({ ...metric, points: metric.points.map((point) => ({ ...point, start: 0n, time: 0n })) }))
  expect(timeless(ours)).toEqual(timeless(readMetrics(bytes)))
  expect(readMetrics(bytes)[0]?.points[0]?.start).toBe(1_700_000_000_000_000_005n)
})
