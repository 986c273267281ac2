import type { Value, ValueMap } from '../model/span.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import type { JsonValue } from './wire/json.ts'
import type { SpanDetailJson, SpanJson, TimelineJson } from './wire/timeline.ts'

/** A received value as JSON: bigints as decimal strings, bytes as base64. */
export function valueJson(value: Value): JsonValue {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(valueJson)
  if (typeof value === 'object' && value !== null) return plain(Object.entries(value))
  return value
}

/** An object of strangers' keys: without a prototype, so that `__proto__` is a key like any other. */
function plain(entries: Iterable<readonly [string, Value]>): Record<string, JsonValue> {
  const object = Object.create(null) as Record<string, JsonValue>
  for (const [key, value] of entries) object[key] = valueJson(value)
  return object
}

/** Attributes as a JSON object. */
function attributesJson(attributes: ValueMap): Record<string, JsonValue> {
  return plain(attributes)
}

/** One span of a timeline, times as decimal nanoseconds. */
export function spanJson(span: TimelineSpan): SpanJson {
  const { source } = span
  return {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    recordedParentSpanId: span.recordedParentSpanId,
    synthetic: source === null,
    service: span.service,
    host: span.host,
    name: span.name,
    kind: span.kind,
    phase: span.phase,
    start: String(span.start),
    end: String(span.end),
    rawStart: String(span.rawStart),
    rawEnd: String(span.rawEnd),
    selfNs: String(span.selfNs),
    criticalNs: String(span.criticalNs),
    slackNs: String(span.slackNs),
    dragNs: String(span.dragNs),
    depth: span.depth,
    error: span.error,
    warnings: [...span.warnings],
    statusMessage: source?.statusMessage ?? '',
    attributes: attributesJson(source?.attributes ?? new Map()),
    events: (source?.events ?? []).map((event) => ({
      time: String(event.time),
      name: event.name,
      attributes: attributesJson(event.attributes),
    })),
  }
}

/** One span with all that is known of it. */
export function spanDetailJson(span: TimelineSpan): SpanDetailJson {
  const { source } = span
  return {
    ...spanJson(span),
    traceState: source?.traceState ?? '',
    links: (source?.links ?? []).map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: attributesJson(link.attributes),
    })),
    resource: attributesJson(source?.resource.attributes ?? new Map()),
    scope: { name: source?.scope.name ?? '', version: source?.scope.version ?? '' },
  }
}

/** Clock corrections, times as decimal nanoseconds. */
export function clocksJson(timeline: Timeline): TimelineJson['clocks'] {
  return timeline.clocks.map((clock) => ({
    ...clock,
    offsetNs: String(clock.offsetNs),
    lowNs: clock.lowNs === null ? null : String(clock.lowNs),
    highNs: clock.highNs === null ? null : String(clock.highNs),
  }))
}

/** Nanoseconds by phase, decimal. */
export function phasesJson(phases: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...phases].map(([phase, ns]) => [phase, String(ns)]))
}

/** A timeline in the form of `wire/timeline.ts`. */
export function timelineJson(timeline: Timeline, jaegerUrl?: string): TimelineJson {
  return {
    traceId: timeline.traceId,
    version: timeline.version,
    root: timeline.root,
    start: String(timeline.start),
    end: String(timeline.end),
    durationNs: String(timeline.durationNs),
    spans: timeline.spans.map(spanJson),
    criticalPath: timeline.criticalPath.map(({ spanId, start, end }) => ({ spanId, start: String(start), end: String(end) })),
    gaps: timeline.gaps.map(({ parentSpanId, start, end }) => ({ parentSpanId, start: String(start), end: String(end) })),
    clocks: clocksJson(timeline),
    phases: phasesJson(timeline.phases),
    warnings: Object.fromEntries(timeline.warnings),
    ...(jaegerUrl === undefined ? {} : { jaegerUrl }),
  }
}
