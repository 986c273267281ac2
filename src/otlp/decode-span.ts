import type { SpanKind } from '../model/phases.ts'
import type { Resource, Scope, Span, SpanEvent, SpanLink, Value, ValueMap } from '../model/span.ts'
import { MalformedError, type ProtobufReader, WIRE } from './decode-reader.ts'
import { textAt } from './decode-text.ts'
import { decodeAttribute, NO_ATTRIBUTES } from './decode-value.ts'

const KINDS: readonly SpanKind[] = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['unset', 'ok', 'error'] as const
const NONE: readonly never[] = Object.freeze([])

/** A SpanKind by OTLP's number; those that nobody has defined are INTERNAL. */
export function kindOf(number: number): SpanKind {
  return KINDS[number] ?? 'INTERNAL'
}

/** A status by OTLP's number. */
export function statusOf(number: number): Span['status'] {
  return STATUSES[number] ?? 'unset'
}

/** What Jaeger's bridge says of a link that does not block: OpenTracing's FOLLOWS_FROM. */
export function linkType(attributes: ValueMap): SpanLink['type'] {
  return attributes.get('opentracing.ref_type') === 'follows_from' ? 'follows_from' : 'link'
}

/** Who a resource is and whose clock its times are on. */
export function resourceOf(attributes: ValueMap): Resource {
  const text = (key: string): string | undefined => {
    const value = attributes.get(key)
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' && first !== '' ? first : undefined
  }
  const service = text('service.name') ?? 'unknown_service'
  const host = text('host.id') ?? text('host.name') ?? text('host.ip') ?? text('service.instance.id') ?? service
  return { service, host, attributes }
}

const ZERO_PARENT = '0000000000000000'
const fixed64 = (field: number): number => (field << 3) | WIRE.fixed64
const bytes = (field: number): number => (field << 3) | WIRE.bytes
const varint = (field: number): number => (field << 3) | WIRE.varint

/** `opentelemetry.proto.trace.v1.Span`, from the reader's place up to `end`. One switch, because this is the hottest loop of the collector. */
// oxlint-disable-next-line max-lines-per-function
export function decodeSpan(reader: ProtobufReader, end: number, resource: Resource, scope: Scope): Span {
  const buffer = reader.bytes
  const attributes = new Map<string, Value>()
  let traceId = ''
  let spanId = ''
  let parent = ''
  let traceState = ''
  let name = ''
  let kind = 0
  let start = 0n
  let finish = 0n
  let flags = 0
  let dropped = 0
  let status: Span['status'] = 'unset'
  let statusMessage = ''
  let events: SpanEvent[] | undefined
  let links: SpanLink[] | undefined
  while (reader.at < end) {
    const tag = reader.varint()
    switch (tag) {
      case bytes(1): {
        const stop = reader.until(end)
        traceId = buffer.hexSlice(reader.at, stop)
        reader.at = stop
        break
      }
      case bytes(2): {
        const stop = reader.until(end)
        spanId = buffer.hexSlice(reader.at, stop)
        reader.at = stop
        break
      }
      case bytes(3): {
        const stop = reader.until(end)
        traceState = textAt(buffer, reader.at, stop)
        reader.at = stop
        break
      }
      case bytes(4): {
        const stop = reader.until(end)
        parent = buffer.hexSlice(reader.at, stop)
        reader.at = stop
        break
      }
      case bytes(5): {
        const stop = reader.until(end)
        name = textAt(buffer, reader.at, stop)
        reader.at = stop
        break
      }
      case varint(6):
        kind = reader.varint()
        break
      case fixed64(7):
        start = reader.fixed64()
        break
      case fixed64(8):
        finish = reader.fixed64()
        break
      case bytes(9):
        decodeAttribute(reader, reader.until(end), attributes)
        break
      case varint(10):
        dropped = reader.varint()
        break
      case bytes(11):
        ;(events ??= []).push(decodeEvent(reader, reader.until(end)))
        break
      case bytes(13):
        ;(links ??= []).push(decodeLink(reader, reader.until(end)))
        break
      case bytes(15): {
        const decoded = decodeStatus(reader, reader.until(end))
        status = decoded.status
        statusMessage = decoded.message
        break
      }
      case (16 << 3) | WIRE.fixed32:
        flags = reader.fixed32()
        break
      default:
        reader.skip(tag, end)
    }
  }
  if (reader.at !== end) throw new MalformedError('a span whose fields are longer than itself')
  return {
    traceId,
    spanId,
    parentSpanId: parent === '' || parent === ZERO_PARENT ? null : parent,
    name,
    kind: kindOf(kind),
    start,
    end: finish,
    status,
    statusMessage,
    traceState,
    flags,
    attributes,
    events: events ?? NONE,
    links: links ?? NONE,
    resource,
    scope,
    shared: attributes.get(SHARED) === true,
    droppedAttributes: dropped,
  }
}

/** How a span of Zipkin, whose client and server share an id, is marked in OTLP, which has no field for it. */
export const SHARED = 'zipkin.shared'

function decodeStatus(reader: ProtobufReader, end: number): { status: Span['status']; message: string } {
  let code = 0
  let message = ''
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === bytes(2)) {
      const stop = reader.until(end)
      message = textAt(reader.bytes, reader.at, stop)
      reader.at = stop
    } else if (tag === varint(3)) code = reader.varint()
    else reader.skip(tag, end)
  }
  return { status: statusOf(code), message }
}

function decodeEvent(reader: ProtobufReader, end: number): SpanEvent {
  let time = 0n
  let name = ''
  let attributes: Map<string, Value> | undefined
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === fixed64(1)) time = reader.fixed64()
    else if (tag === bytes(2)) {
      const stop = reader.until(end)
      name = textAt(reader.bytes, reader.at, stop)
      reader.at = stop
    } else if (tag === bytes(3)) decodeAttribute(reader, reader.until(end), (attributes ??= new Map()))
    else reader.skip(tag, end)
  }
  return { time, name, attributes: attributes ?? NO_ATTRIBUTES }
}

function decodeLink(reader: ProtobufReader, end: number): SpanLink {
  const id = { 1: '', 2: '' }
  let traceState = ''
  let attributes: Map<string, Value> | undefined
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === bytes(1) || tag === bytes(2)) {
      const stop = reader.until(end)
      id[(tag >> 3) as 1 | 2] = reader.bytes.hexSlice(reader.at, stop)
      reader.at = stop
    } else if (tag === bytes(3)) {
      const stop = reader.until(end)
      traceState = textAt(reader.bytes, reader.at, stop)
      reader.at = stop
    } else if (tag === bytes(4)) decodeAttribute(reader, reader.until(end), (attributes ??= new Map()))
    else reader.skip(tag, end)
  }
  const known = attributes ?? NO_ATTRIBUTES
  return { traceId: id[1], spanId: id[2], attributes: known, traceState, type: linkType(known) }
}
