import type { Attributes, AttributeValue } from '../model/attributes.ts'
import { SCALE, type Histogram } from '../model/histogram.ts'
import { currentAnchor, writeTime, type Anchor } from './encode-time.ts'
import { writeAttribute } from './encode-value.ts'
import { ProtoWriter } from './encode-writer.ts'

/** A request that shows a value. */
export interface Exemplar {
  /** The trace id's four words and the span id's two. */
  readonly ids: Uint32Array
  readonly value: number
  /** A time of `now()`. */
  readonly at: number
}

interface HistogramPoint {
  readonly attributes: Attributes
  readonly histogram: Histogram
  readonly exemplars: readonly Exemplar[]
}

interface NumberPoint {
  readonly attributes: Attributes
  readonly value: number
}

interface Described {
  readonly name: string
  readonly unit: string
  readonly description: string
}

/** What was measured since the last time: delta temporality. A sum only grows; `whole` sends it as an integer. */
export type Metric = Described &
  (
    | { readonly kind: 'histogram'; readonly points: readonly HistogramPoint[] }
    | { readonly kind: 'sum'; readonly whole: boolean; readonly points: readonly NumberPoint[] }
  )

/** From when to when was measured, in ms of `now()`. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** AGGREGATION_TEMPORALITY_DELTA. */
const DELTA = 1

/**
 * An ExportMetricsServiceRequest
 * (https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto).
 * @param resource the fields of a Resource, from `encodeResource`
 */
export function encodeMetrics(resource: Uint8Array, metrics: readonly Metric[], period: Period): Uint8Array {
  const writer = new ProtoWriter(16 << 10)
  const zero = currentAnchor()
  writer.message(0x0a, () => {
    writer.message(0x0a, () => writer.raw(resource))
    writer.message(0x12, () => {
      writer.message(0x0a, () => writer.textField(0x0a, 'phaseline'))
      for (const metric of metrics) writer.message(0x12, () => writeMetric(writer, metric, period, zero))
    })
  })
  return writer.written()
}

function writeMetric(writer: ProtoWriter, metric: Metric, period: Period, zero: Anchor): void {
  writer.textField(0x0a, metric.name)
  writer.textField(0x12, metric.description)
  writer.textField(0x1a, metric.unit)
  if (metric.kind === 'histogram') writer.message(0x52, () => writeHistograms(writer, metric.points, period, zero))
  else writer.message(0x3a, () => writeSum(writer, metric.points, metric.whole, period, zero))
}

function writeHistograms(writer: ProtoWriter, points: readonly HistogramPoint[], period: Period, zero: Anchor): void {
  for (const point of points) writer.message(0x0a, () => writeHistogram(writer, point, period, zero))
  writeByte(writer, 0x10, DELTA)
}

function writeHistogram(writer: ProtoWriter, point: HistogramPoint, period: Period, zero: Anchor): void {
  const { count, sum, min, max, zeroCount, offset, counts } = point.histogram.toData()
  writeAttributes(writer, 0x0a, point.attributes)
  writePeriod(writer, period, zero)
  writeWhole(writer, 0x21, count)
  writeDouble(writer, 0x29, sum)
  writeByte(writer, 0x30, zigzag(SCALE))
  writeWhole(writer, 0x39, zeroCount)
  if (counts.length > 0) writer.message(0x42, () => writeBuckets(writer, offset, counts))
  for (const exemplar of point.exemplars) writer.message(0x5a, () => writeExemplar(writer, exemplar, zero))
  writeDouble(writer, 0x61, min)
  writeDouble(writer, 0x69, max)
}

function writeBuckets(writer: ProtoWriter, offset: number, counts: readonly number[]): void {
  writer.reserve(11)
  writer.bytes[writer.at++] = 0x08
  writer.varint(zigzag(offset))
  writer.message(0x12, () => {
    writer.reserve(counts.length * 8)
    for (const count of counts) writer.varint(count)
  })
}

function writeExemplar(writer: ProtoWriter, { ids, value, at }: Exemplar, zero: Anchor): void {
  writeMoment(writer, 0x11, at, zero)
  writeDouble(writer, 0x19, value)
  writer.reserve(28)
  writer.bytes[writer.at++] = 0x22
  writer.bytes[writer.at++] = 8
  writeWords(writer, ids, 4, 6)
  writer.bytes[writer.at++] = 0x2a
  writer.bytes[writer.at++] = 16
  writeWords(writer, ids, 0, 4)
}

function writeWords(writer: ProtoWriter, words: Uint32Array, from: number, to: number): void {
  for (let i = from; i < to; i++, writer.at += 4) writer.view.setUint32(writer.at, words[i] as number)
}

function writeSum(writer: ProtoWriter, points: readonly NumberPoint[], whole: boolean, period: Period, zero: Anchor): void {
  for (const { attributes, value } of points)
    writer.message(0x0a, () => {
      writePeriod(writer, period, zero)
      if (whole) writeWhole(writer, 0x31, value)
      else writeDouble(writer, 0x21, value)
      writeAttributes(writer, 0x3a, attributes)
    })
  writeByte(writer, 0x10, DELTA)
  writeByte(writer, 0x18, 1)
}

function writeAttributes(writer: ProtoWriter, tag: number, attributes: Attributes): void {
  for (const name in attributes) writeAttribute(writer, tag, name, attributes[name] as AttributeValue)
}

function writePeriod(writer: ProtoWriter, { from, to }: Period, zero: Anchor): void {
  writeMoment(writer, 0x11, from, zero)
  writeMoment(writer, 0x19, to, zero)
}

function writeMoment(writer: ProtoWriter, tag: number, at: number, zero: Anchor): void {
  writer.reserve(9)
  writer.bytes[writer.at++] = tag
  writeTime(writer, zero, at)
}

function writeDouble(writer: ProtoWriter, tag: number, value: number): void {
  writer.reserve(9)
  writer.bytes[writer.at++] = tag
  writer.view.setFloat64(writer.at, value, true)
  writer.at += 8
}

/** A fixed64 or sfixed64 of a number from 0 to 2^53. */
function writeWhole(writer: ProtoWriter, tag: number, value: number): void {
  writer.reserve(9)
  writer.bytes[writer.at++] = tag
  writer.view.setUint32(writer.at, value % 4_294_967_296, true)
  writer.view.setUint32(writer.at + 4, Math.floor(value / 4_294_967_296), true)
  writer.at += 8
}

function writeByte(writer: ProtoWriter, tag: number, value: number): void {
  writer.reserve(2)
  writer.bytes[writer.at++] = tag
  writer.bytes[writer.at++] = value
}

/** How protobuf writes a signed number that is mostly small. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}
