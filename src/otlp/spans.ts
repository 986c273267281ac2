import { SPAN_KINDS } from '../model/phases.ts'
import type { Resource, Scope, Span, SpanEvent, SpanLink, Value, ValueMap } from '../model/span.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import { ProtoWriter } from './encode-writer.ts'

const bytes = (field: number): number => (field << 3) | 2
const fixed64 = (field: number): number => (field << 3) | 1
const STATUS = { unset: 0, ok: 1, error: 2 } as const

/** Spans as an ExportTraceServiceRequest in protobuf, grouped by resource and scope (by identity, in order of appearance). */
export function encodeSpans(spans: Iterable<Span>): Buffer {
  const groups = new Map<Resource, Map<Scope, Span[]>>()
  for (const span of spans) {
    const scopes = groups.get(span.resource) ?? new Map<Scope, Span[]>()
    groups.set(span.resource, scopes)
    const group = scopes.get(span.scope)
    if (group === undefined) scopes.set(span.scope, [span])
    else group.push(span)
  }
  const writer = new ProtoWriter(4_096)
  for (const [resource, scopes] of groups) writer.message(bytes(1), () => writeResourceSpans(writer, resource, scopes))
  return writer.written()
}

function writeResourceSpans(writer: ProtoWriter, resource: Resource, scopes: Map<Scope, Span[]>): void {
  writer.message(bytes(1), () => writeAttributes(writer, bytes(1), resource.attributes))
  for (const [scope, spans] of scopes) {
    writer.message(bytes(2), () => {
      writer.message(bytes(1), () => writeScope(writer, scope))
      for (const span of spans) writer.message(bytes(2), () => writeSpan(writer, span))
    })
  }
}

function writeScope(writer: ProtoWriter, scope: Scope): void {
  writeText(writer, 1, scope.name)
  writeText(writer, 2, scope.version)
  writeAttributes(writer, bytes(3), scope.attributes)
}

function writeSpan(writer: ProtoWriter, span: Span): void {
  writeBytes(writer, bytes(1), Buffer.from(span.traceId, 'hex'))
  writeBytes(writer, bytes(2), Buffer.from(span.spanId, 'hex'))
  writeText(writer, 3, span.traceState)
  if (span.parentSpanId !== null) writeBytes(writer, bytes(4), Buffer.from(span.parentSpanId, 'hex'))
  writeText(writer, 5, span.name)
  writeNumber(writer, 6, SPAN_KINDS[span.kind])
  writeFixed64(writer, 7, span.start)
  writeFixed64(writer, 8, span.end)
  writeAttributes(writer, bytes(9), span.attributes)
  if (span.shared === true && span.attributes.get(ZIPKIN.shared) !== true) writeAttribute(writer, bytes(9), ZIPKIN.shared, true)
  if (span.droppedAttributes !== undefined && span.droppedAttributes > 0) writeNumber(writer, 10, span.droppedAttributes)
  for (const event of span.events) writer.message(bytes(11), () => writeEvent(writer, event))
  for (const link of span.links) writer.message(bytes(13), () => writeLink(writer, link))
  if (span.status !== 'unset' || span.statusMessage !== '') {
    writer.message(bytes(15), () => {
      writeText(writer, 2, span.statusMessage)
      writeNumber(writer, 3, STATUS[span.status])
    })
  }
  if (span.flags !== 0) writeFixed32(writer, 16, span.flags)
}

function writeEvent(writer: ProtoWriter, event: SpanEvent): void {
  writeFixed64(writer, 1, event.time)
  writeText(writer, 2, event.name)
  writeAttributes(writer, bytes(3), event.attributes)
}

function writeLink(writer: ProtoWriter, link: SpanLink): void {
  writeBytes(writer, bytes(1), Buffer.from(link.traceId, 'hex'))
  writeBytes(writer, bytes(2), Buffer.from(link.spanId, 'hex'))
  writeText(writer, 3, link.traceState)
  writeAttributes(writer, bytes(4), link.attributes)
  if (link.type === 'follows_from' && link.attributes.get('opentracing.ref_type') !== 'follows_from')
    writeAttribute(writer, bytes(4), 'opentracing.ref_type', 'follows_from')
}

function writeAttributes(writer: ProtoWriter, tag: number, attributes: ValueMap): void {
  for (const [key, value] of attributes) writeAttribute(writer, tag, key, value)
}

function writeAttribute(writer: ProtoWriter, tag: number, key: string, value: Value): void {
  writer.message(tag, () => {
    writer.textField(bytes(1), key)
    writer.message(bytes(2), () => writeValue(writer, value))
  })
}

/** An AnyValue; nothing for null. */
function writeValue(writer: ProtoWriter, value: Value): void {
  if (typeof value === 'string') writer.textField(bytes(1), value)
  else if (typeof value === 'boolean') writeNumber(writer, 2, value ? 1 : 0)
  else if (typeof value === 'bigint' || Number.isSafeInteger(value)) writeInteger(writer, 3, BigInt(value as bigint | number))
  else if (typeof value === 'number') writeDouble(writer, 4, value)
  else if (value instanceof Uint8Array) writeBytes(writer, bytes(7), value)
  else if (Array.isArray(value)) {
    writer.message(bytes(5), () => value.forEach((one) => writer.message(bytes(1), () => writeValue(writer, one))))
  } else if (value !== null) {
    writer.message(bytes(6), () => Object.entries(value).forEach(([key, one]) => writeAttribute(writer, bytes(1), key, one)))
  }
}

/** A tag of any number: those from 16 on take two bytes. */
function writeTag(writer: ProtoWriter, tag: number): void {
  writer.reserve(10)
  writer.varint(tag)
}

function writeText(writer: ProtoWriter, field: number, text: string): void {
  if (text !== '') writer.textField(bytes(field), text)
}

function writeBytes(writer: ProtoWriter, tag: number, content: Uint8Array): void {
  writeTag(writer, tag)
  writer.reserve(content.length + 5)
  writer.varint(content.length)
  writer.raw(content)
}

function writeNumber(writer: ProtoWriter, field: number, value: number): void {
  writeTag(writer, field << 3)
  writer.reserve(10)
  writer.varint(value)
}

function writeInteger(writer: ProtoWriter, field: number, value: bigint): void {
  writeTag(writer, field << 3)
  writer.reserve(10)
  let rest = BigInt.asUintN(64, value)
  for (; rest > 0x7fn; rest >>= 7n) writer.bytes[writer.at++] = Number(rest & 0x7fn) | 0x80
  writer.bytes[writer.at++] = Number(rest)
}

function writeFixed64(writer: ProtoWriter, field: number, value: bigint): void {
  writeTag(writer, fixed64(field))
  writer.reserve(8)
  writer.at = writer.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), writer.at)
}

function writeFixed32(writer: ProtoWriter, field: number, value: number): void {
  writeTag(writer, (field << 3) | 5)
  writer.reserve(4)
  writer.at = writer.bytes.writeUInt32LE(value >>> 0, writer.at)
}

function writeDouble(writer: ProtoWriter, field: number, value: number): void {
  writeTag(writer, fixed64(field))
  writer.reserve(8)
  writer.at = writer.bytes.writeDoubleLE(value, writer.at)
}
