import type { JsonValue } from './json.ts'

export interface SpanJson {
  spanId: string
  parentSpanId: string | null
  recordedParentSpanId: string | null
  synthetic: boolean
  service: string
  host: string
  name: string
  kind: string
  phase: string | null
  start: string
  end: string
  rawStart: string
  rawEnd: string
  selfNs: string
  criticalNs: string
  slackNs: string
  dragNs: string
  depth: number
  error: boolean
  warnings: string[]
  statusMessage: string
  attributes: Record<string, JsonValue>
  events: { time: string; name: string; attributes: Record<string, JsonValue> }[]
}

/** A timeline, with the fields of `model/timeline.ts`. */
export interface TimelineJson {
  traceId: string
  version: string
  root: string
  start: string
  end: string
  durationNs: string
  spans: SpanJson[]
  criticalPath: { spanId: string; start: string; end: string }[]
  gaps: { parentSpanId: string; start: string; end: string }[]
  clocks: { host: string; offsetNs: string; lowNs: string | null; highNs: string | null; pairs: number; confidence: string }[]
  phases: Record<string, string>
  warnings: Record<string, number>
  /** The page of this trace in Jaeger, where one is configured. */
  jaegerUrl?: string
}

/** A span with what only its details show. */
export interface SpanDetailJson extends SpanJson {
  traceState: string
  links: { traceId: string; spanId: string; attributes: Record<string, JsonValue> }[]
  resource: Record<string, JsonValue>
  scope: { name: string; version: string }
}

export interface SpansJson {
  spans: SpanDetailJson[]
}
