import type { SummaryJson } from './list.ts'
import type { TimelineJson } from './timeline.ts'

/** Where a span happened, as people think of it: a row of the picture. */
export interface LaneJson {
  kind: 'client' | 'proxy' | 'app' | 'database'
  name: string
}

/**
 * A timeline for drawing: one array per column and every text once, so that 100,000 spans are a few megabytes and no objects.
 * Offsets and durations are numbers of nanoseconds from `start`: exact within 104 days of it (2^53 ns).
 */
export interface OutlineJson {
  traceId: string
  version: string
  /** The line of this timeline in the list, and the text at the top of its page. */
  summary: SummaryJson
  start: string
  durationNs: string
  strings: string[]
  lanes: LaneJson[]
  /** Depth first. `name`, `service`, `phase` and `middleware` are indexes into `strings`, -1 for none; `parent` into the spans. */
  spans: {
    /** The ids of all spans, one after the other, 16 digits each: one text instead of 100,000. */
    ids: string
    parent: number[]
    name: number[]
    service: number[]
    lane: number[]
    phase: number[]
    /** The middleware whose hook it is (its name and place in the chain), the same text for all its hooks. */
    middleware: number[]
    start: number[]
    duration: number[]
    self: number[]
    /** 1 error, 2 synthetic, 4 in flight, 8 times were corrected. */
    flags: number[]
  }
  /**
   * Spans whose times were sent otherwise than they are drawn: how much later their start was, how much longer they were (both may
   * be negative, ns), and the indexes of those of which just this is true.
   */
  sent: [startNs: number, durationNs: number, spans: number[]][]
  /** Spans with warnings: which warnings, and the indexes of those that carry just these. */
  warned: [string[], number[]][]
  /**
   * Triplets: index of the span (of the parent, for gaps) less that of the triplet before; start less the end before; length.
   * Small numbers: the path of 100,000 spans in a row has 200,000 pieces.
   */
  criticalPath: number[]
  gaps: number[]
  clocks: TimelineJson['clocks']
  phases: Record<string, string>
  warnings: Record<string, number>
  jaegerUrl?: string
}
