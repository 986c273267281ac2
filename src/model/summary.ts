import type { PhaseId } from './phases.ts'
import type { Warning } from './timeline.ts'

/** One line of a list of requests: what a timeline is in short. Times are nanoseconds. */
export interface Summary {
  readonly traceId: string
  /** The timeline's. */
  readonly version: string
  /** The app that people think of: the gateway's service, else that of the first server span. */
  readonly service: string
  /** `GET /books/<int:id>/`: the gateway's name where there is one, else the root's. */
  readonly name: string
  readonly method: string | null
  readonly route: string | null
  /** HTTP status code, where a head was sent. */
  readonly status: number | null
  readonly start: bigint
  readonly durationNs: bigint
  /** Spans that were received, not those that stitching made up. */
  readonly spanCount: number
  /** Every service that took part, sorted. */
  readonly services: readonly string[]
  readonly error: boolean
  readonly inFlight: boolean
  /** Self time by phase, `gap` and `other`; adds up to `durationNs`. */
  readonly phases: ReadonlyMap<PhaseId | 'gap' | 'other', bigint>
  readonly warnings: ReadonlyMap<Warning, number>
  readonly slowestMiddleware: { readonly name: string; readonly hook: string; readonly selfNs: bigint } | null
  /** Left out where it was not kept: by an older version, or because a name is too long. */
  readonly received?: Received
}

/** The spans of a timeline as they were received: their own times, nothing mended or made up. */
export interface Received {
  /** The first to start of those without a parent. */
  readonly root: { readonly service: string; readonly name: string } | null
  /** Of the first span to start, of the last one to end. */
  readonly start: bigint
  readonly end: bigint
  /** By service; they have the summary's names in its order. */
  readonly services: ReadonlyMap<string, { readonly spans: number; readonly errors: number }>
}
