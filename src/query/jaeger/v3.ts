import { SPAN_KINDS } from '../../model/phases.ts'
import type { Resource, Scope, Span, Value, ValueMap } from '../../model/span.ts'
import type { Timeline } from '../../model/timeline.ts'
import type { JsonValue } from '../wire/json.ts'

/** OTLP's TracesData as protobuf's JSON writes it (ids in hexadecimal, 64-bit numbers as texts, what is empty left out). */
export interface TracesData {
  resourceSpans: ResourceSpans[]
}

interface KeyValue {
  key: string
  value: Record<string, JsonValue>
}

interface ResourceSpans {
  resource: { attributes: KeyValue[] }
  scopeSpans: { scope: { name?: string; version?: string; attributes?: KeyValue[] }; spans: Record<string, unknown>[] }[]
}

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

const keyValues = (attributes: ValueMap): KeyValue[] => [...attributes].map(([key, value]) => ({ key, value: anyValue(value) }))

const STATUS = { unset: 0, ok: 1, error: 2 }

/** Only what is not empty: a text, a list, a number above 0. */
function filled(all: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown): boolean => value === '' || value === 0 || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && !empty(value)))
}

function otlpSpan(span: Span): Record<string, unknown> {
  return filled({
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: SPAN_KINDS[span.kind],
    startTimeUnixNano: String(span.start),
    endTimeUnixNano: String(span.end),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: span.droppedAttributes ?? 0,
    events: span.events.map((event) =>
      filled({ timeUnixNano: String(event.time), name: event.name, attributes: keyValues(event.attributes) }),
    ),
    links: span.links.map(({ traceId, spanId, traceState, attributes }) =>
      filled({ traceId, spanId, traceState, attributes: keyValues(attributes) }),
    ),
    status: filled({ code: STATUS[span.status], message: span.statusMessage }),
  })
}

function scopeOf({ name, version, attributes }: Scope): Record<string, unknown> {
  return filled({ name, version, attributes: keyValues(attributes) })
}

/** A timeline as OTLP: the spans as they were received, grouped by who sent them. */
export function tracesData({ spans }: Timeline): TracesData {
  const byResource = new Map<Resource, Map<Scope, Record<string, unknown>[]>>()
  for (const { source } of spans) {
    if (source === null) continue
    const scopes = byResource.get(source.resource) ?? new Map<Scope, Record<string, unknown>[]>()
    byResource.set(source.resource, scopes)
    const list = scopes.get(source.scope) ?? []
    scopes.set(source.scope, list)
    list.push(otlpSpan(source))
  }
  return {
    resourceSpans: [...byResource].map(([resource, scopes]) => ({
      resource: { attributes: keyValues(resource.attributes) },
      scopeSpans: [...scopes].map(([scope, spans]) => ({ scope: scopeOf(scope), spans })),
    })),
  }
}
