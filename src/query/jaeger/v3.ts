import { SPAN_KINDS } from '../../model/phases.ts'
import { ofAttributes } from '../../model/shared-attributes.ts'
import type { Resource, Scope, Span, SpanEvent, SpanLink, Value, ValueMap } from '../../model/span.ts'
import type { JsonValue } from '../wire/json.ts'
import type { ReceivedTrace } from './received.ts'

/**
 * OTLP's TracesData as protobuf's JSON writes it: ids in hexadecimal, 64-bit numbers as texts, what is empty left out. Written as text
 * and not made of objects first: 1,500 traces are 25,000 spans, most of whose attributes come again and again.
 */

function anyValue(value: Value): Record<string, JsonValue> {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'bigint') return { intValue: String(value) }
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : doubleValue(value)
  if (value === null) return {}
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: Object.entries(value).map(([key, each]) => ({ key, value: anyValue(each) })) } }
}

/** JSON has no NaN: protobuf writes it as a text. */
function doubleValue(value: number): Record<string, JsonValue> {
  return { doubleValue: Number.isFinite(value) ? value : String(value) }
}

/** Attributes as a list, with its brackets. */
function listed(attributes: ValueMap): string {
  return JSON.stringify([...attributes].map(([key, value]) => ({ key, value: anyValue(value) })))
}

const shared = ofAttributes((attributes) => ({ list: listed(attributes) }))

const attributesField = (attributes: ValueMap): string =>
  attributes.size === 0 ? '' : `,"attributes":${shared(attributes).list}`
const text = (name: string, value: string): string => (value === '' ? '' : `,"${name}":${JSON.stringify(value)}`)
const number = (name: string, value: number): string => (value === 0 ? '' : `,"${name}":${value}`)
const nanos = (name: string, value: bigint): string => `,"${name}":"${value}"`
const list = (name: string, items: readonly string[]): string => (items.length === 0 ? '' : `,"${name}":[${items.join()}]`)
/** An object of fields, each of which begins with a comma. */
const object = (...fields: string[]): string => `{${fields.join('').slice(1)}}`

const STATUS = { unset: 0, ok: 1, error: 2 }

function eventText({ time, name, attributes }: SpanEvent): string {
  return object(nanos('timeUnixNano', time), text('name', name), attributesField(attributes))
}

function linkText({ traceId, spanId, traceState, attributes }: SpanLink): string {
  return object(text('traceId', traceId), text('spanId', spanId), text('traceState', traceState), attributesField(attributes))
}

function spanText(span: Span): string {
  return object(
    text('traceId', span.traceId),
    text('spanId', span.spanId),
    text('parentSpanId', span.parentSpanId ?? ''),
    text('traceState', span.traceState),
    number('flags', span.flags),
    text('name', span.name),
    number('kind', SPAN_KINDS[span.kind]),
    nanos('startTimeUnixNano', span.start),
    nanos('endTimeUnixNano', span.end),
    attributesField(span.attributes),
    number('droppedAttributesCount', span.droppedAttributes ?? 0),
    list('events', span.events.map(eventText)),
    list('links', span.links.map(linkText)),
    `,"status":${object(number('code', STATUS[span.status]), text('message', span.statusMessage))}`,
  )
}

function scopeText({ name, version, attributes }: Scope): string {
  return object(text('name', name), text('version', version), attributesField(attributes))
}

function resourceText(resource: Resource, scopes: ReadonlyMap<Scope, readonly string[]>): string {
  const groups = [...scopes].map(([scope, spans]) => `{"scope":${scopeText(scope)},"spans":[${spans.join()}]}`)
  return `{"resource":{"attributes":${shared(resource.attributes).list}},"scopeSpans":[${groups.join()}]}`
}

/** A trace as OTLP: the spans as they were received, grouped by who sent them; each ResourceSpans as JSON. */
export function resourceSpans({ spans }: ReceivedTrace): string[] {
  const byResource = new Map<Resource, Map<Scope, string[]>>()
  for (const span of spans) {
    const scopes = byResource.get(span.resource) ?? new Map<Scope, string[]>()
    byResource.set(span.resource, scopes)
    const group = scopes.get(span.scope) ?? []
    scopes.set(span.scope, group)
    group.push(spanText(span))
  }
  return [...byResource].map(([resource, scopes]) => resourceText(resource, scopes))
}
