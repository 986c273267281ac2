import type { PhaseId } from './phases.ts'
import type { Span } from './span.ts'

/** What may be wrong with a span, or was mended; in this order on a span. The list may grow at its end. */
export const WARNINGS = [
  'orphan',
  'cut_loop',
  'self_parent',
  'duplicate',
  'conflict',
  'shared_id',
  'clock_skew',
  'end_before_start',
  'zero_start',
  'in_flight',
  'truncated',
  'n_plus_one',
] as const
export type Warning = (typeof WARNINGS)[number]

/** One span in its place. All times are nanoseconds; `start` and `end` are corrected, the raw ones are kept. */
export interface TimelineSpan {
  readonly spanId: string
  /** After repair; null for the root. */
  readonly parentSpanId: string | null
  /** As it was received. */
  readonly recordedParentSpanId: string | null
  /** The received span; null for one that stitching made up (a missing parent, a common root). */
  readonly source: Span | null
  readonly service: string
  readonly host: string
  readonly name: string
  readonly kind: Span['kind']
  /** Its own, or the one that the semantic conventions of its attributes suggest. */
  readonly phase: PhaseId | null
  readonly start: bigint
  readonly end: bigint
  readonly rawStart: bigint
  readonly rawEnd: bigint
  /** Its duration less what its children, those that it waits for, cover of it. */
  readonly selfNs: bigint
  /** Its sections of the critical path. */
  readonly criticalNs: bigint
  /** How much later it could end with the root ending no later. */
  readonly slackNs: bigint
  /** How much earlier the root would end if it, and all under it, took no time (Devaux's drag). */
  readonly dragNs: bigint
  /** Numbers for who adds up thousands of spans a second and needs no more digits: duration and self time in seconds, `end` in ms since the epoch. */
  readonly seconds: number
  readonly selfSeconds: number
  readonly endMs: number
  /** 0 for the root. */
  readonly depth: number
  readonly error: boolean
  readonly warnings: readonly Warning[]
}

/** From when to when, in nanoseconds since the epoch. */
export interface Interval {
  readonly start: bigint
  readonly end: bigint
}

/** What was found of a host's clock in this trace. */
export interface ClockCorrection {
  readonly host: string
  /** Taken from its times; the truth is between low and high, where the calls of others bound it. */
  readonly offsetNs: bigint
  readonly lowNs: bigint | null
  readonly highNs: bigint | null
  /** Calls that said so. */
  readonly pairs: number
  readonly confidence: 'bounded' | 'conflicting' | 'none'
}

/** A timeline in numbers of nanoseconds from its start: exact within 104 days of it (2^53 ns). */
export interface Figures {
  /** By index of the span. */
  readonly start: Float64Array
  readonly duration: Float64Array
  readonly self: Float64Array
  /** Triplets: index of the span (of the parent, for gaps), start, end. */
  readonly criticalPath: readonly number[]
  readonly gaps: readonly number[]
}

/** The spans of one trace as one story. How each field is found: the functions of `stitch/`. */
export interface Timeline {
  readonly traceId: string
  /** A function of the set of spans only: the same set gives the same version, whatever the order of arrival. */
  readonly version: string
  /** Its id, made up if there are several. */
  readonly root: string
  readonly start: bigint
  readonly end: bigint
  readonly durationNs: bigint
  /** Depth first; siblings by start, then the longer first, then by id. */
  readonly spans: readonly TimelineSpan[]
  /** What the root's end waited for, in time order, from its start to its end. */
  readonly criticalPath: readonly (Interval & { readonly spanId: string })[]
  /** Parts of a span with children that none of them covers. */
  readonly gaps: readonly (Interval & { readonly parentSpanId: string })[]
  readonly clocks: readonly ClockCorrection[]
  /** The same times for who draws 100,000 spans: a million bigints take longer than all else. */
  readonly figures: Figures
  /** Self time by phase on the request's lane, and `gap`; adds up to `durationNs`. */
  readonly phases: ReadonlyMap<PhaseId | 'gap' | 'other', bigint>
  readonly warnings: ReadonlyMap<Warning, number>
}
