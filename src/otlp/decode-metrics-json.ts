import type { MetricExemplar, MetricPoint } from '../model/metric.ts'
import type { Resource } from '../model/span.ts'
import { atOurScale } from './decode-buckets.ts'
import { attributesOf, groups, integer, list, object, parse, text, time, whole, type Json } from './decode-json-value.ts'
import { MOST_PARTS, tooMany } from './decode-reader.ts'
import { resourceOf } from './decode-span.ts'

/** Of the body that is being read. */
let points = 0

/** The same as `decodeMetrics`, of OTLP's JSON. @throws MalformedError */
export function decodeMetricsJson(body: Uint8Array): MetricPoint[] {
  points = 0
  return whole(() => groups(parse(body), 'resourceMetrics').flatMap(resourceMetrics))
}

function resourceMetrics(group: Json): MetricPoint[] {
  const resource = resourceOf(attributesOf(object(group['resource'])))
  const metrics = groups(group, 'scopeMetrics').flatMap((scope) => groups(scope, 'metrics'))
  return metrics.flatMap((metric) => [
    ...pointsOf(metric, 'sum', resource, numberPoint),
    ...pointsOf(metric, 'exponentialHistogram', resource, histogramPoint),
  ])
}

type Values = Pick<MetricPoint, 'value' | 'histogram'>

function pointsOf(metric: Json, kind: string, resource: Resource, read: (point: Json) => Values): MetricPoint[] {
  const of = object(metric[kind])
  const temporality = of['aggregationTemporality']
  const delta = temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA'
  const given = list(of, 'dataPoints')
  points += given.length
  if (points > MOST_PARTS / 10) throw tooMany()
  return given.map((point) => ({
    name: text(metric['name']),
    resource,
    attributes: attributesOf(point),
    delta,
    from: millis(point['startTimeUnixNano']),
    to: millis(point['timeUnixNano']),
    ...read(point),
    exemplars: list(point, 'exemplars').map(exemplar),
  }))
}

const millis = (value: unknown): number => Number(time(value)) / 1e6

/** A double, as a number or, as protobuf's JSON has it, as a text. */
const double = (value: unknown, otherwise: number): number => (value === undefined || value === null ? otherwise : Number(value))

const numberOf = (point: Json): number => double(point['asDouble'], Number(integer(point['asInt'])))

function numberPoint(point: Json): Values {
  return { value: numberOf(point), histogram: null }
}

function histogramPoint(point: Json): Values {
  const positive = object(point['positive'])
  const counts = positive['bucketCounts']
  const histogram = atOurScale({
    count: Number(integer(point['count'])),
    sum: double(point['sum'], NaN),
    min: double(point['min'], NaN),
    max: double(point['max'], NaN),
    scale: double(point['scale'], 0),
    zeroCount: Number(integer(point['zeroCount'])),
    offset: double(positive['offset'], 0),
    counts: Array.isArray(counts) ? counts.map((count) => Number(integer(count))) : [],
  })
  return { value: 0, histogram }
}

function exemplar(given: Json): MetricExemplar {
  const traceId = text(given['traceId']).toLowerCase()
  const isOne = /^[0-9a-f]{32}$/.test(traceId)
  return { traceId: isOne ? traceId : '', value: numberOf(given), at: millis(given['timeUnixNano']) }
}
