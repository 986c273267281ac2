import type { SpanKind } from '../model/phases.ts'
import type { Resource, Scope, Span, SpanEvent, SpanLink, Value, ValueMap } from '../model/span.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import { decodeAttributes } from './decode-attributes.ts'
import { readId, readTraceId } from './decode-id.ts'
import { MalformedError, type ProtobufReader } from './decode-reader.ts'
import { readText } from './decode-text.ts'
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

/** `opentelemetry.proto.trace.v1.Span`, from the reader's place up to `end`. One switch over tags (field << 3 | wire type), because this is the hottest loop of the collector. */
// oxlint-disable-next-line max-lines-per-function
export function decodeSpan(reader: ProtobufReader, end: number, resource: Resource, scope: Scope): Span {
  let attributes: ValueMap | undefined
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
      case 0x0a:
        traceId = readTraceId(reader, reader.until(end))
        break
      case 0x12:
        spanId = readId(reader, reader.until(end))
        break
      case 0x1a:
        traceState = readText(reader, reader.until(end))
        break
      case 0x22:
        parent = readId(reader, reader.until(end))
        break
      case 0x2a:
        name = readText(reader, reader.until(end))
        break
      case 0x30:
        kind = reader.varint()
        break
      case 0x39:
        start = reader.fixed64()
        break
      case 0x41:
        finish = reader.fixed64()
        break
      case 0x4a:
        attributes = decodeAttributes(reader, end, attributes)
        break
      case 0x50:
        dropped = reader.varint()
        break
      case 0x5a:
        ;(events ??= []).push(decodeEvent(reader, reader.until(end)))
        break
      case 0x6a:
        ;(links ??= []).push(decodeLink(reader, reader.until(end)))
        break
      case 0x7a: {
        const decoded = decodeStatus(reader, reader.until(end))
        status = decoded.status
        statusMessage = decoded.message
        break
      }
      case 0x85:
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
    attributes: attributes ?? NO_ATTRIBUTES,
    events: events ?? NONE,
    links: links ?? NONE,
    resource,
    scope,
    shared: attributes?.get(ZIPKIN.shared) === true,
    droppedAttributes: dropped,
  }
}

function decodeStatus(reader: ProtobufReader, end: number): { status: Span['status']; message: string } {
  let code = 0
  let message = ''
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === 0x12) {
      message = readText(reader, reader.until(end))
    } else if (tag === 0x18) code = reader.varint()
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
    if (tag === 0x09) time = reader.fixed64()
    else if (tag === 0x12) {
      name = readText(reader, reader.until(end))
    } else if (tag === 0x1a) decodeAttribute(reader, reader.until(end), (attributes ??= new Map()))
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
    if (tag === 0x0a || tag === 0x12) {
      id[(tag >> 3) as 1 | 2] = readId(reader, reader.until(end))
    } else if (tag === 0x1a) {
      traceState = readText(reader, reader.until(end))
    } else if (tag === 0x22) decodeAttribute(reader, reader.until(end), (attributes ??= new Map()))
    else reader.skip(tag, end)
  }
  const known = attributes ?? NO_ATTRIBUTES
  return { traceId: id[1], spanId: id[2], attributes: known, traceState, type: linkType(known) }
}
