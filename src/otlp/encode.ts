import type { AttributeValue, SharedAttributes } from '../model/attributes.ts'
import type { Label } from '../model/label.ts'
import {
  constantAttributes,
  PARENT_KNOWN,
  PARENT_REMOTE,
  PLACES,
  SAMPLED,
  sharedTemplateOf,
  templateOf,
  writeName,
  type Template,
} from './encode-label.ts'
import { putTime, writeTime, type Anchor } from './encode-time.ts'
import { writeAttribute } from './encode-value.ts'
import { ProtoWriter } from './encode-writer.ts'

/** What the spans of one record have in common. Ids are words of 32 bits. */
export interface EncodableTrace {
  readonly trace0: number
  readonly trace1: number
  readonly trace2: number
  readonly trace3: number
  /** The ids of its spans: `span0`, and `span1` plus the span's index. */
  readonly span0: number
  readonly span1: number
  /** The parent of its uppermost spans, elsewhere; 0 and 0 if there is none. */
  readonly remote0: number
  readonly remote1: number
  readonly traceState: string | undefined
}

export interface EncodableEvent {
  readonly name: string
  /** A time of `now()`. */
  readonly time: number
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

export interface EncodableLink {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string | undefined
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/** What few spans have, those made through the OpenTelemetry API mostly. */
export interface EncodableExtra {
  /** Instead of the label's. */
  readonly name: string | undefined
  readonly statusMessage: string
  readonly events: readonly EncodableEvent[]
  readonly links: readonly EncodableLink[]
  readonly droppedAttributes: number
  readonly droppedEvents: number
  readonly droppedLinks: number
}

/** One span as the agent keeps it. */
export interface EncodableSpan {
  readonly record: EncodableTrace
  readonly index: number
  /** The span above it in this process. */
  readonly up: EncodableSpan | undefined
  readonly label: Label
  readonly started: number
  readonly ended: number
  /** Names and values in turn. */
  readonly attributes: readonly unknown[] | undefined
  /** Further ones; none of them is among `attributes`. */
  readonly shared: SharedAttributes | undefined
  /** As OTLP numbers them: 0 unset, 1 ok, 2 error. */
  readonly status: number
  readonly extra: EncodableExtra | undefined
}

/** Tags, ids, flags and times of a span, and its status. */
const FIXED = 96

/** Appends one span as a field of ScopeSpans. */
export function encodeSpan(writer: ProtoWriter, span: EncodableSpan, zero: Anchor): void {
  const { up, record } = span
  const nothingElse = span.attributes === undefined && span.shared === undefined && span.extra === undefined && span.status === 0
  const whole = nothingElse && record.traceState === undefined ? templateOf(span.label).whole : undefined
  if (whole !== undefined && up !== undefined) writeWhole(writer, whole, span, up, zero)
  else writeSpan(writer, span, zero)
}

function writeWhole(writer: ProtoWriter, whole: Uint8Array, span: EncodableSpan, up: EncodableSpan, zero: Anchor): void {
  const { record } = span
  writer.raw(whole)
  const { view } = writer
  const at = writer.at - whole.length
  view.setInt32(at + PLACES.trace, record.trace0)
  view.setInt32(at + PLACES.trace + 4, record.trace1)
  view.setInt32(at + PLACES.trace + 8, record.trace2)
  view.setInt32(at + PLACES.trace + 12, record.trace3)
  view.setInt32(at + PLACES.span, record.span0)
  view.setInt32(at + PLACES.span + 4, (record.span1 + span.index) | 0)
  view.setInt32(at + PLACES.parent, up.record.span0)
  view.setInt32(at + PLACES.parent + 4, (up.record.span1 + up.index) | 0)
  putTime(view, at + PLACES.start, zero, span.started)
  putTime(view, at + PLACES.end, zero, span.ended)
}

function writeSpan(writer: ProtoWriter, span: EncodableSpan, zero: Anchor): void {
  writer.reserve(FIXED)
  writer.bytes[writer.at] = 0x12
  const from = (writer.at += 3)
  writeIds(writer, span)
  const { bytes } = writer
  bytes[writer.at++] = 0x39
  writeTime(writer, zero, span.started)
  bytes[writer.at++] = 0x41
  writeTime(writer, zero, span.ended)
  if (span.attributes === undefined && span.extra === undefined && span.shared === undefined)
    writer.raw(templateOf(span.label).bytes)
  else writeContent(writer, span, zero)
  if (span.status !== 0) writeStatus(writer, span)
  writer.close(from)
}

/** Trace id, span id, parent, trace state, flags: fields 1, 2, 4, 3 and 16. */
function writeIds(writer: ProtoWriter, { record, index, up }: EncodableSpan): void {
  const { view } = writer
  let { at } = writer
  view.setUint16(at, 0x0a10)
  view.setInt32(at + 2, record.trace0)
  view.setInt32(at + 6, record.trace1)
  view.setInt32(at + 10, record.trace2)
  view.setInt32(at + 14, record.trace3)
  view.setUint16(at + 18, 0x1208)
  view.setInt32(at + 20, record.span0)
  view.setInt32(at + 24, (record.span1 + index) | 0)
  at += 28
  let flags = SAMPLED | PARENT_KNOWN
  if (up !== undefined || (record.remote0 | record.remote1) !== 0) {
    view.setUint16(at, 0x2208)
    view.setInt32(at + 2, up === undefined ? record.remote0 : up.record.span0)
    view.setInt32(at + 6, up === undefined ? record.remote1 : (up.record.span1 + up.index) | 0)
    at += 10
    if (up === undefined) flags |= PARENT_REMOTE
  }
  view.setUint16(at, 0x8501)
  view.setUint32(at + 2, flags, true)
  writer.at = at + 6
  if (record.traceState !== undefined) {
    writer.textField(0x1a, record.traceState)
    writer.reserve(FIXED)
  }
}

/** Name, kind and attributes of a span that has more than its label. */
function writeContent(writer: ProtoWriter, { label, attributes = [], shared, extra }: EncodableSpan, zero: Anchor): void {
  const template = templateOf(label)
  if (extra?.name === undefined && !replaces(attributes, template.constant) && (shared === undefined || beside(shared, template)))
    writer.raw(template.bytes)
  else writeReplaced(writer, label, attributes, shared, extra?.name ?? label.name)
  if (shared !== undefined) writer.raw(sharedTemplateOf(shared).bytes)
  for (let i = 0; i < attributes.length; i += 2) {
    writeAttribute(writer, 0x4a, attributes[i] as string, attributes[i + 1] as AttributeValue)
  }
  if (extra !== undefined) writeExtra(writer, extra, zero)
}

function replaces(attributes: readonly unknown[], constant: ReadonlySet<string>): boolean {
  for (let i = 0; i < attributes.length; i += 2) if (constant.has(attributes[i] as string)) return true
  return false
}

/** Whether none of the shared attributes is one of the label's: the same label comes with them again and again. */
function beside(shared: SharedAttributes, template: Template): boolean {
  const encoded = sharedTemplateOf(shared)
  if (encoded.beside === template) return true
  for (const name in shared.attributes) if (template.constant.has(name)) return false
  encoded.beside = template
  return true
}

/** The label without what the span itself says otherwise. */
function writeReplaced(
  writer: ProtoWriter,
  label: Label,
  attributes: readonly unknown[],
  shared: SharedAttributes | undefined,
  name: string,
): void {
  writeName(writer, name, label)
  const own = new Set([...attributes.filter((_, i) => i % 2 === 0), ...Object.keys(shared?.attributes ?? {})])
  for (const [key, value] of Object.entries(constantAttributes(label))) {
    if (!own.has(key)) writeAttribute(writer, 0x4a, key, value)
  }
}

function writeExtra(writer: ProtoWriter, extra: EncodableExtra, zero: Anchor): void {
  for (const event of extra.events) writer.message(0x5a, () => writeEvent(writer, event, zero))
  for (const link of extra.links) writer.message(0x6a, () => writeLink(writer, link))
  writeCount(writer, 0x50, extra.droppedAttributes)
  writeCount(writer, 0x60, extra.droppedEvents)
  writeCount(writer, 0x70, extra.droppedLinks)
}

function writeEvent(writer: ProtoWriter, { name, time, attributes }: EncodableEvent, zero: Anchor): void {
  writer.reserve(9)
  writer.bytes[writer.at++] = 0x09
  writeTime(writer, zero, time)
  writer.textField(0x12, name)
  for (const key in attributes) writeAttribute(writer, 0x1a, key, attributes[key] as AttributeValue)
}

function writeLink(writer: ProtoWriter, { traceId, spanId, traceState, attributes }: EncodableLink): void {
  writer.raw(Buffer.concat([Buffer.of(0x0a, 16), Buffer.from(traceId, 'hex'), Buffer.of(0x12, 8), Buffer.from(spanId, 'hex')]))
  if (traceState !== undefined) writer.textField(0x1a, traceState)
  for (const key in attributes) writeAttribute(writer, 0x22, key, attributes[key] as AttributeValue)
}

function writeCount(writer: ProtoWriter, tag: number, count: number): void {
  if (count === 0) return
  writer.reserve(11)
  writer.bytes[writer.at++] = tag
  writer.varint(count)
}

function writeStatus(writer: ProtoWriter, { status, extra }: EncodableSpan): void {
  const message = extra?.statusMessage ?? ''
  writer.message(0x7a, () => {
    if (message !== '') writer.textField(0x12, message)
    writer.reserve(2)
    writer.bytes[writer.at++] = 0x18
    writer.bytes[writer.at++] = status
  })
}

/** An instrumentation scope with all its spans, which are encoded already. */
export interface EncodedScope {
  readonly name: string
  readonly version: string
  readonly spans: Uint8Array
}

/**
 * An ExportTraceServiceRequest, as parts to be written one after the other: the spans are not copied again.
 * @param resource the fields of a Resource, from `encodeResource`
 */
export function encodeRequest(resource: Uint8Array, scopes: readonly EncodedScope[]): Uint8Array[] {
  const parts = scopes.flatMap(({ name, version, spans }) => {
    const head = new ProtoWriter(64)
    head.message(0x0a, () => {
      head.textField(0x0a, name)
      if (version !== '') head.textField(0x12, version)
    })
    return [prefix(0x12, head.at + spans.length), head.written(), spans]
  })
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const own = prefix(0x0a, resource.length)
  return [Buffer.concat([prefix(0x0a, own.length + resource.length + size), own, resource]), ...parts]
}

/** The fields of a Resource. */
export function encodeResource(attributes: Readonly<Record<string, AttributeValue>>): Uint8Array {
  const writer = new ProtoWriter(512)
  for (const key in attributes) writeAttribute(writer, 0x0a, key, attributes[key] as AttributeValue)
  return writer.written()
}

function prefix(tag: number, size: number): Buffer {
  const writer = new ProtoWriter(12)
  writer.bytes[writer.at++] = tag
  writer.varint(size)
  return writer.written()
}
