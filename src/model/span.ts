import type { SpanKind } from './phases.ts'

/** A value of an attribute as it comes over the wire: OTLP's AnyValue. Whole numbers beyond 2^53 are bigints. */
export type Value = string | number | bigint | boolean | null | Uint8Array | Value[] | { [key: string]: Value }

/** Attributes of a received span; a Map, because the keys are strangers' (`__proto__`). */
export type ValueMap = ReadonlyMap<string, Value>

/** Who sent the span: OTLP's Resource. */
export interface Resource {
  /** `service.name`, or `unknown_service`. */
  readonly service: string
  /** Whose clock its times are on: `host.id`, else `host.name`, else `host.ip`, else the service instance, else the service. */
  readonly host: string
  readonly attributes: ValueMap
}

/** The instrumentation that made a span. */
export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: ValueMap
}

/** Something that happened during a span. */
export interface SpanEvent {
  readonly time: bigint
  readonly name: string
  readonly attributes: ValueMap
}

/** Another span that this one has to do with. */
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: ValueMap
  readonly traceState: string
  /** `follows_from` where the source says so (Jaeger); such a link does not block. */
  readonly type: 'link' | 'follows_from'
}

/** A span as it was received. Times are nanoseconds since the epoch, on the sender's clock. Ids are lower-case hexadecimal. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  /** Null if it has none. */
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: SpanKind
  readonly start: bigint
  readonly end: bigint
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string
  readonly traceState: string
  readonly flags: number
  readonly attributes: ValueMap
  readonly events: readonly SpanEvent[]
  readonly links: readonly SpanLink[]
  readonly resource: Resource
  readonly scope: Scope
  /** What the source says that OTLP has no field for: Zipkin's shared ids and its debug flag, attributes that were dropped. */
  readonly shared?: boolean
  readonly droppedAttributes?: number
}
