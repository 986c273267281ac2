import type { PhaseId, SpanKind } from '../model/phases.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'

/** One trace as it goes into a store; it replaces what was known of its trace id. */
export interface StoredTrace {
  readonly summary: Summary
  readonly timeline: Timeline
  /** All spans of it that were received, as one ExportTraceServiceRequest in protobuf. */
  readonly otlp: Uint8Array
}

/** What to look for. Everything given must hold; what is left out does not matter. */
export interface Filter {
  /** A service that took part. */
  readonly service?: string
  /** With `service`: the name of one of its spans. Alone: of any span. */
  readonly operation?: string
  /** A route pattern, `/books/:id`, of any span. */
  readonly route?: string
  /** A phase that happened. */
  readonly phase?: PhaseId
  /** The name of a middleware that ran. */
  readonly middleware?: string
  /** The HTTP status code of the summary. */
  readonly status?: number
  /** The class of that status code: 5 for 500…599. */
  readonly statusClass?: number
  /** Whether it was still running when its last spans came. */
  readonly inFlight?: boolean
  /** At least, at most so many nanoseconds long. */
  readonly minDurationNs?: bigint
  readonly maxDurationNs?: bigint
  /** Whether something went wrong. */
  readonly error?: boolean
  /** Whether a span failed, of the service if one is given, whatever became of the whole. */
  readonly failed?: true
  /** Whether a clock had to be corrected. */
  readonly skew?: boolean
  /** Whether a span's parent never came. */
  readonly orphans?: boolean
  /** Attributes of any span, its events, scope or resource, each as the text of its value; `resource.` may be before one of a resource. */
  readonly attributes?: Readonly<Record<string, string>>
  /** It starts at or after, before (nanoseconds since the epoch). */
  readonly from?: bigint
  readonly to?: bigint
  /** Text: part of a name, route, service or middleware, the whole of an attribute's value, or a trace id. */
  readonly text?: string
  /** At most so many; 20 by default, 1,500 at most. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly cursor?: string
}

/** Newest arrival first. A page never moves: what comes in meanwhile is before the first one. */
export interface Page {
  readonly items: readonly Summary[]
  /** Null at the end. */
  readonly next: string | null
}

export interface Operation {
  readonly name: string
  readonly kind: SpanKind
}

/** How often the spans of one service called another. */
export interface Dependency {
  readonly parent: string
  readonly child: string
  readonly calls: number
}

/** What is kept at most; the oldest arrivals go first. */
export interface Retention {
  readonly maxAgeMs?: number
  /** Of the whole database on disk. */
  readonly maxBytes?: number
}

export interface StoreStats {
  readonly path: string
  readonly traces: number
  readonly spans: number
  /** On disk. */
  readonly bytes: number
}

/**
 * Where timelines are kept. One contract, several engines; `test/store/contract.ts` holds every engine to it. Callers get methods,
 * never the database. Methods reject only if the engine itself fails.
 */
export interface Store {
  /** Keeps traces, all or none. @returns when they survive the end of this process */
  put(traces: readonly StoredTrace[]): Promise<void>
  /** A trace's timeline, stitched from all its spans; undefined if it is not known. @param traceId 32 hexadecimal digits */
  timeline(traceId: string): Promise<Timeline | undefined>
  /** What was received of it, as it was put. */
  otlp(traceId: string): Promise<Uint8Array | undefined>
  /** @throws PhaselineError `bad_cursor` if the cursor is none of ours */
  search(filter: Filter): Promise<Page>
  /** The names of all services, sorted. */
  services(): Promise<readonly string[]>
  /** The names and kinds of a service's spans, sorted by name. */
  operations(service: string): Promise<readonly Operation[]>
  /** Calls between services in traces that started in this time (nanoseconds since the epoch; rounded to whole hours). */
  dependencies(from: bigint, to: bigint): Promise<readonly Dependency[]>
  /** Removes what is too old or too much. @returns how many traces went @param now ms since the epoch */
  retain(retention: Retention, now?: number): Promise<number>
  stats(): Promise<StoreStats>
  close(): Promise<void>
}
