import type { EncodableTrace } from '../otlp/encode.ts'
import { hex32, random32 } from '../model/ids.ts'
import type { RemoteParent } from '../model/traceparent.ts'
import type { AgentPhase } from './phase.ts'

/** Who takes a record when it is complete. */
export interface Keeper {
  /** A record begins. */
  admit(record: TraceRecord): void
  /** Its root and all its phases have ended. Never throws. */
  leave(record: TraceRecord): void
  /** Its root has ended, others have not: they get a little time. Never throws. */
  linger(record: TraceRecord): void
  /** It has grown long: what has ended may leave. Never throws. */
  spill(record: TraceRecord): void
}

/**
 * All that happened in this process for one request. Ids are words of 32 bits (signed: V8 keeps those without an object), and the spans' ids are consecutive: making
 * one is an addition. Records that have not left are in a list of the keeper's.
 */
export class TraceRecord implements EncodableTrace {
  trace0 = 0
  trace1 = 0
  trace2 = 0
  trace3 = 0
  span0: number = random32() | 0 || 1
  span1: number = random32() | 0
  remote0 = 0
  remote1 = 0
  traceState: string | undefined = undefined
  /** The W3C `baggage` that came with the request, as it is. */
  baggage: string | undefined = undefined
  readonly keeper: Keeper
  /** The sampler's decision at the beginning: what is propagated. */
  sampled = false
  /** Whether its phases are kept: for their spans, or to be measured only. */
  recorded = false
  /** Whether its spans leave although it is not sampled. */
  chosen = false
  /** It left before all its phases had ended. */
  abandoned = false
  /** How much of its open phases is covered by what has left already, where some has. */
  covered: Map<AgentPhase, Float64Array> | undefined = undefined
  /** Not even to be propagated: what the agent itself sends, and what OpenTelemetry's `suppressTracing` covers. */
  silent = false
  /** Phases begun, and those of them not yet ended. */
  count = 0
  open = 0
  left = false
  root: AgentPhase | undefined = undefined
  first: AgentPhase | undefined = undefined
  last: AgentPhase | undefined = undefined
  /** When it leaves whatever is still open, in ms of `now()`; 0: its root has not ended. */
  deadline = 0
  /** What goes on when this is over: that it waits for. */
  stream: TraceRecord | undefined = undefined
  /** The keeper's list. */
  newer: TraceRecord | undefined = undefined
  older: TraceRecord | undefined = undefined
  private id: string | undefined = undefined

  constructor(keeper: Keeper) {
    this.keeper = keeper
  }

  get traceId(): string {
    return (this.id ??= hex32(this.trace0) + hex32(this.trace1) + hex32(this.trace2) + hex32(this.trace3))
  }

  /** Continues a trace from elsewhere. */
  follow({ traceId, spanId, traceState }: RemoteParent): void {
    this.id = traceId
    this.trace0 = word(traceId, 0)
    this.trace1 = word(traceId, 8)
    this.trace2 = word(traceId, 16)
    this.trace3 = word(traceId, 24)
    this.remote0 = word(spanId, 0)
    this.remote1 = word(spanId, 8)
    this.traceState = traceState
  }

  /** Takes the trace of another record of this process. */
  share(other: TraceRecord): void {
    this.id = other.id
    this.trace0 = other.trace0
    this.trace1 = other.trace1
    this.trace2 = other.trace2
    this.trace3 = other.trace3
    this.traceState = other.traceState
    this.baggage = other.baggage
    this.sampled = other.sampled
    this.chosen = other.chosen
  }

  /** Starts a trace. */
  start(): void {
    this.trace0 = random32() | 0 || 1
    this.trace1 = random32() | 0
    this.trace2 = random32() | 0
    this.trace3 = random32() | 0
  }
}

/** Eight hexadecimal digits as a word. */
function word(hex: string, from: number): number {
  return parseInt(hex.slice(from, from + 8), 16) | 0
}
