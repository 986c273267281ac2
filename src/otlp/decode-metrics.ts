import type { HistogramData } from '../model/histogram.ts'
import type { MetricExemplar, MetricPoint } from '../model/metric.ts'
import type { Resource, Value } from '../model/span.ts'
import { atOurScale, type Exponential } from './decode-buckets.ts'
import type { Encoding } from './decode.ts'
import { decodeMetricsJson } from './decode-metrics-json.ts'
import { MOST_PARTS, OF_A_GROUP, ProtobufReader, tooMany, WIRE } from './decode-reader.ts'
import { resourceOf } from './decode-span.ts'
import { readText } from './decode-text.ts'

/**
 * Reads an ExportMetricsServiceRequest (OTLP 1.11): the points of its sums and exponential histograms. Other kinds of metrics
 * are passed over, and so are attributes whose values are lists or records.
 * @throws MalformedError if the body as a whole cannot be read
 */
export function decodeMetrics(body: Uint8Array, encoding: Encoding): MetricPoint[] {
  if (encoding === 'json') return decodeMetricsJson(body)
  const reader = new ProtobufReader(body)
  const points: MetricPoint[] = []
  parts = 0
  each(reader, body.length, (tag, end) => tag === bytes(1) && resourceMetrics(reader, end, points))
  return points
}

/** Of the body that is being read: points count ten times, as they take as much more. */
let parts = 0

function count(more: number): void {
  parts += more
  if (parts > MOST_PARTS) throw tooMany()
}

const bytes = (field: number): number => (field << 3) | WIRE.bytes
const fixed64 = (field: number): number => (field << 3) | WIRE.fixed64
const varint = (field: number): number => field << 3

/** Walks the fields up to `end`. A field of bytes is read by `visit`, up to the `stop` that it gets, or passed over. @param visit false for a field that it has not read */
function each(reader: ProtobufReader, end: number, visit: (tag: number, stop: number) => unknown): void {
  while (reader.at < end) {
    const tag = reader.tag()
    const from = reader.at
    const stop = (tag & 7) === WIRE.bytes ? reader.until(end) : end
    if (visit(tag, stop) === false) {
      reader.at = from
      reader.skip(tag, end)
    } else if ((tag & 7) === WIRE.bytes) reader.at = stop
  }
}

/** Fields may come in any order, so the resource is looked for first. */
function resourceMetrics(reader: ProtobufReader, end: number, points: MetricPoint[]): void {
  count(OF_A_GROUP)
  const from = reader.at
  const attributes = new Map<string, Value>()
  each(reader, end, (tag, stop) => tag === bytes(1) && readAttributes(reader, stop, bytes(1), attributes))
  const resource = resourceOf(attributes)
  reader.at = from
  each(reader, end, (tag, stop) => tag === bytes(2) && scopeMetrics(reader, stop, resource, points))
}

function scopeMetrics(reader: ProtobufReader, end: number, resource: Resource, points: MetricPoint[]): void {
  count(OF_A_GROUP)
  each(reader, end, (tag, stop) => tag === bytes(2) && metric(reader, stop, resource, points))
}

const SUM = 7
const EXPONENTIAL = 10
const DELTA = 1

function metric(reader: ProtobufReader, end: number, resource: Resource, points: MetricPoint[]): void {
  count(OF_A_GROUP)
  let name = ''
  const made: Point[] = []
  each(reader, end, (tag, stop) => {
    if (tag === bytes(1)) name = readText(reader, stop)
    else if (tag === bytes(SUM)) dataPoints(reader, stop, numberPoint, made)
    else if (tag === bytes(EXPONENTIAL)) dataPoints(reader, stop, histogramPoint, made)
    else return false
    return true
  })
  for (const point of made) points.push({ ...point, name, resource })
}

type Point = Omit<MetricPoint, 'name' | 'resource'>

function dataPoints(
  reader: ProtobufReader,
  end: number,
  read: (reader: ProtobufReader, end: number) => Omit<Point, 'delta'>,
  into: Point[],
): void {
  const points: Omit<Point, 'delta'>[] = []
  let delta = false
  each(reader, end, (tag, stop) => {
    if (tag === bytes(1)) {
      count(10)
      points.push(read(reader, stop))
    } else if (tag === varint(2)) delta = reader.varint() === DELTA
    else return false
    return true
  })
  for (const point of points) into.push({ ...point, delta })
}

/** Nanoseconds since the epoch as ms. */
const millis = (reader: ProtobufReader): number => Number(reader.fixed64()) / 1e6
const integer = (reader: ProtobufReader): number => Number(BigInt.asIntN(64, reader.fixed64()))

function numberPoint(reader: ProtobufReader, end: number): Omit<Point, 'delta'> {
  const point = {
    attributes: new Map<string, Value>(),
    from: 0,
    to: 0,
    value: 0,
    histogram: null,
    exemplars: [] as MetricExemplar[],
  }
  each(reader, end, (tag, stop) => {
    if (tag === bytes(7)) readAttribute(reader, stop, point.attributes)
    else if (tag === fixed64(2)) point.from = millis(reader)
    else if (tag === fixed64(3)) point.to = millis(reader)
    else if (tag === fixed64(4)) point.value = reader.double()
    else if (tag === fixed64(6)) point.value = integer(reader)
    else if (tag === bytes(5)) point.exemplars.push(exemplar(reader, stop))
    else return false
    return true
  })
  return point
}

function histogramPoint(reader: ProtobufReader, end: number): Omit<Point, 'delta'> {
  const attributes = new Map<string, Value>()
  const exemplars: MetricExemplar[] = []
  const times = { from: 0, to: 0 }
  const found: Exponential = { count: 0, sum: NaN, min: NaN, max: NaN, scale: 0, zeroCount: 0, offset: 0, counts: [] }
  each(reader, end, (tag, stop) => {
    if (tag === bytes(1)) readAttribute(reader, stop, attributes)
    else if (tag === fixed64(2)) times.from = millis(reader)
    else if (tag === fixed64(3)) times.to = millis(reader)
    else if (tag === fixed64(4)) found.count = integer(reader)
    else if (tag === fixed64(5)) found.sum = reader.double()
    else if (tag === varint(6)) found.scale = zigzag(reader)
    else if (tag === fixed64(7)) found.zeroCount = integer(reader)
    else if (tag === bytes(8)) Object.assign(found, buckets(reader, stop))
    else if (tag === bytes(11)) exemplars.push(exemplar(reader, stop))
    else if (tag === fixed64(12)) found.min = reader.double()
    else if (tag === fixed64(13)) found.max = reader.double()
    else return false
    return true
  })
  const histogram: HistogramData = atOurScale(found)
  return { attributes, ...times, value: 0, histogram, exemplars }
}

/** A `sint32`. */
function zigzag(reader: ProtobufReader): number {
  const value = reader.varint()
  return (value >>> 1) ^ -(value & 1)
}

/** The counts are packed, by custom; one by one is allowed. */
function buckets(reader: ProtobufReader, end: number): Pick<Exponential, 'offset' | 'counts'> {
  let offset = 0
  const counts: number[] = []
  count(end - reader.at)
  each(reader, end, (tag, stop) => {
    if (tag === varint(1)) offset = zigzag(reader)
    else if (tag === varint(2)) counts.push(Number(reader.int64()))
    else if (tag === bytes(2)) while (reader.at < stop) counts.push(Number(reader.int64()))
    else return false
    return true
  })
  return { offset, counts }
}

function exemplar(reader: ProtobufReader, end: number): MetricExemplar {
  count(1)
  const found = { traceId: '', value: 0, at: 0 }
  each(reader, end, (tag, stop) => {
    if (tag === fixed64(2)) found.at = millis(reader)
    else if (tag === fixed64(3)) found.value = reader.double()
    else if (tag === fixed64(6)) found.value = integer(reader)
    else if (tag === bytes(5)) found.traceId = stop - reader.at === 16 ? reader.bytes.hexSlice(reader.at, stop) : ''
    else return false
    return true
  })
  return found
}

function readAttributes(reader: ProtobufReader, end: number, field: number, into: Map<string, Value>): void {
  each(reader, end, (tag, stop) => tag === field && readAttribute(reader, stop, into))
}

/** One KeyValue, if its value is plain: no depth of values is looked into. */
function readAttribute(reader: ProtobufReader, end: number, into: Map<string, Value>): void {
  count(1)
  let key = ''
  let value: Value = null
  each(reader, end, (tag, stop) => {
    if (tag === bytes(1)) key = readText(reader, stop)
    else if (tag === bytes(2)) value = plainValue(reader, stop)
    else return false
    return true
  })
  if (value !== null) into.set(key, value)
}

function plainValue(reader: ProtobufReader, end: number): Value {
  let value: Value = null
  each(reader, end, (tag, stop) => {
    if (tag === bytes(1)) value = readText(reader, stop)
    else if (tag === varint(2)) value = reader.varint() !== 0
    else if (tag === varint(3)) value = reader.int64()
    else if (tag === fixed64(4)) value = reader.double()
    else return false
    return true
  })
  return value
}
