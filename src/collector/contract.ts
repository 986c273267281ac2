import type { MetricPoint } from '../model/metric.ts'
import type { Span } from '../model/span.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Retention, Store } from '../store/contract.ts'
import type { KnownClock } from '../stitch/clock-book.ts'
import type { BodyLimits } from './body.ts'
import type { ForwardStats, ForwardTarget } from './forward.ts'
import type { Patience } from './gather.ts'
import type { Access } from './guard.ts'

/** How a collector is set up; everything has a default. */
export interface CollectOptions {
  /** The folder of the database and the intake log; without it everything is kept in memory only. */
  readonly data?: string
  /** Where OTLP/HTTP is received: 4318; 0 lets the system choose. */
  readonly otlpPort?: number
  /** Where OTLP/gRPC is received (4317 by custom); 0 lets the system choose; not at all if left out. */
  readonly grpcPort?: number
  /** The address to listen on: 127.0.0.1. */
  readonly host?: string
  readonly access?: Access
  /** Everything received is sent on to these. */
  readonly forward?: readonly ForwardTarget[]
  /** Seven days and 10 GiB by default. */
  readonly retention?: Retention
  readonly limits?: Partial<Limits>
  readonly patience?: Patience
  /** Told in a sentence what people should know. By default a line on standard error. */
  readonly warn?: (sentence: string) => void
  /** An engine of one's own instead of the embedded one. */
  readonly store?: Store
}

/** Sizes in bytes. */
export interface Limits extends BodyLimits {
  /** Of spans that wait to be stored; above it senders are asked to wait (503). */
  readonly pending: number
}

/** Numbers since the start, in spans. `accepted` is `stored + pending + dropped`, always. */
export interface CollectorStats {
  readonly accepted: number
  readonly stored: number
  readonly pending: number
  readonly dropped: number
  /** Not taken: unusable ids, values too deep. */
  readonly refused: number
  /** Bodies of metrics that came. */
  readonly metrics: number
  readonly startedAt: Date
  readonly forwarding: readonly ForwardStats[]
  /** What is known of the clocks of hosts that call each other. */
  readonly clocks: readonly KnownClock[]
}

/** What a collector tells: a timeline that is new or has changed, and the points of metrics as they come. */
export interface Events {
  timeline: [summary: Summary, timeline: Timeline]
  metrics: [points: readonly MetricPoint[]]
}

/** A running collector. */
export interface Collector {
  readonly store: Store
  /** The port of OTLP/HTTP. */
  readonly otlpPort: number
  /** The port of OTLP/gRPC, if it is received. */
  readonly grpcPort: number | undefined
  /** Calls back for every event of a kind. @returns stops that */
  on<Kind extends keyof Events>(kind: Kind, listener: (...event: Events[Kind]) => void): () => void
  /** Takes spans that did not come over the network: files. However many wait: see `isFull` and `room`. @returns how many were taken */
  add(spans: Iterable<Span>): number
  /** Whether as many spans wait to be stored as there is room for: those who send over the network are told to come again. */
  readonly isFull: boolean
  /** Resolves when half of the room is free: who adds much waits for it. */
  room(): Promise<void>
  stats(): CollectorStats
  /** Stitches and stores everything that has come so far, without waiting for more, and lets forwarding catch up. */
  flush(): Promise<void>
  /** Stops receiving, stores what has come, sends on what it can. */
  close(): Promise<void>
}
