import type { PhaseId } from '../model/phases.ts'

/** What a series is about. Two observations with the same subject belong to one series. */
export interface Subject {
  readonly service: string
  readonly phase: PhaseId
  /** The middleware's name, the view's, the query's summary: the span's low-cardinality name. */
  readonly name: string
  /** `process_request`, …; empty for what is no middleware. */
  readonly hook: string
  /** `http.route` of the request it was part of; empty if none was found. */
  readonly route: string
}

/** What one phase of one request took, as far as alerts and metrics care. */
export interface Measure {
  readonly selfSeconds: number
  /** Of its request's whole time, 0…1. */
  readonly share: number
  readonly error: boolean
  readonly traceId: string
  /** When it ended, ms since the epoch. */
  readonly at: number
}

/** A phase that was measured. */
export interface Observation extends Measure {
  readonly subject: Subject
}
