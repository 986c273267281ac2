import type { Resource, Span, Value, ValueMap } from '../../model/span.ts'
import type { Timeline, TimelineSpan } from '../../model/timeline.ts'
import { valueJson } from '../timeline-json.ts'
import type { JsonValue } from '../wire/json.ts'

/** Jaeger's JSON of v1: https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go */
interface JaegerTag {
  key: string
  type: 'string' | 'bool' | 'int64' | 'float64' | 'binary'
  value: JsonValue
}

interface JaegerSpan {
  traceID: string
  spanID: string
  operationName: string
  references: { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }[]
  /** Microseconds. */
  startTime: number
  duration: number
  tags: JaegerTag[]
  logs: { timestamp: number; fields: JaegerTag[] }[]
  processID: string
  warnings: string[] | null
}

export interface JaegerTrace {
  traceID: string
  spans: JaegerSpan[]
  processes: Record<string, { serviceName: string; tags: JaegerTag[] }>
  warnings: string[] | null
}

/** Ids of 64 bits are written as such. */
function shortTraceId(traceId: string): string {
  return traceId.startsWith('0'.repeat(16)) ? traceId.slice(16) : traceId
}

function tag(key: string, value: Value): JaegerTag {
  if (typeof value === 'boolean') return { key, type: 'bool', value }
  if (typeof value === 'bigint') return { key, type: 'int64', value: String(value) }
  if (typeof value === 'number') return { key, type: Number.isInteger(value) ? 'int64' : 'float64', value: valueJson(value) }
  if (value instanceof Uint8Array) return { key, type: 'binary', value: valueJson(value) }
  return { key, type: 'string', value: typeof value === 'string' ? value : JSON.stringify(valueJson(value)) }
}

const byKey = (a: JaegerTag, b: JaegerTag): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

function tagsOf(attributes: ValueMap): JaegerTag[] {
  return [...attributes].map(([key, value]) => tag(key, value))
}

/** What Jaeger says in tags of what OTLP has fields for. */
function fieldTags(span: Span): JaegerTag[] {
  const tags = [tag('span.kind', span.kind.toLowerCase())]
  if (span.scope.name !== '') tags.push(tag('otel.scope.name', span.scope.name))
  if (span.scope.version !== '') tags.push(tag('otel.scope.version', span.scope.version))
  if (span.status !== 'unset') tags.push(tag('otel.status_code', span.status.toUpperCase()))
  if (span.status === 'error') tags.push(tag('error', true))
  if (span.statusMessage !== '') tags.push(tag('otel.status_description', span.statusMessage))
  if (span.traceState !== '') tags.push(tag('w3c.tracestate', span.traceState))
  return tags
}

function references(span: Span): JaegerSpan['references'] {
  const parent =
    span.parentSpanId === null ? [] : [{ refType: 'CHILD_OF' as const, traceId: span.traceId, spanId: span.parentSpanId }]
  const links = span.links.map(({ traceId, spanId }) => ({ refType: 'FOLLOWS_FROM' as const, traceId, spanId }))
  return [...parent, ...links].map(({ refType, traceId, spanId }) => ({
    refType,
    traceID: shortTraceId(traceId),
    spanID: spanId,
  }))
}

function jaegerSpan(span: Span, warnings: readonly string[], processID: string): JaegerSpan {
  return {
    traceID: shortTraceId(span.traceId),
    spanID: span.spanId,
    operationName: span.name,
    references: references(span),
    startTime: Number(span.start / 1000n),
    duration: span.end < span.start ? 0 : Number((span.end - span.start) / 1000n),
    tags: [...tagsOf(span.attributes), ...fieldTags(span)].sort(byKey),
    logs: span.events.map((event) => ({
      timestamp: Number(event.time / 1000n),
      fields: [tag('event', event.name), ...tagsOf(event.attributes)].sort(byKey),
    })),
    processID,
    warnings: warnings.length === 0 ? null : [...warnings],
  }
}

function processOf(resource: Resource): { serviceName: string; tags: JaegerTag[] } {
  const rest = tagsOf(resource.attributes).filter(({ key }) => key !== 'service.name')
  return { serviceName: resource.service, tags: rest.sort(byKey) }
}

/**
 * A timeline as Jaeger's v1 gives a trace: the spans as they were received, their own times, nothing made up. What we found wrong
 * with a span is in its `warnings`.
 */
export function jaegerTrace(timeline: Timeline): JaegerTrace {
  const processes: JaegerTrace['processes'] = {}
  const known = new Map<string, string>()
  // Spans of one sender share their resource: it is written out once.
  const ids = new Map<Resource, string>()
  const idOf = ({ resource }: Span): string => {
    let id = ids.get(resource)
    if (id !== undefined) return id
    const process = processOf(resource)
    const key = JSON.stringify(process)
    id = known.get(key) ?? `p${known.size + 1}`
    known.set(key, id)
    ids.set(resource, id)
    processes[id] = process
    return id
  }
  const received = timeline.spans.filter((span): span is TimelineSpan & { source: Span } => span.source !== null)
  const spans = received.map(({ source, warnings }) => jaegerSpan(source, warnings, idOf(source)))
  return { traceID: shortTraceId(timeline.traceId), spans, processes, warnings: null }
}
