import { OWN } from '../model/attributes.ts'
import type { PhaseId } from '../model/phases.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'

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

/** One phase of one request, as far as alerts and metrics care. */
export interface Observation {
  readonly subject: Subject
  readonly selfSeconds: number
  /** Of its request's whole time, 0…1. */
  readonly share: number
  readonly error: boolean
  readonly traceId: string
  readonly spanId: string
  /** When it ended, ms since the epoch. */
  readonly at: number
}

const seconds = (nanos: bigint): number => Number(nanos) / 1e9

const text = (span: TimelineSpan, key: string): string => {
  const value = span.source?.attributes.get(key)
  return typeof value === 'string' ? value : ''
}

/** The observations of a finished timeline: one for each of its spans that is a phase. */
export function observe(timeline: Timeline): Observation[] {
  const gateways = nearestGateways(timeline)
  const found: Observation[] = []
  for (const span of timeline.spans) {
    if (span.phase === null || span.source === null) continue
    const gateway = gateways.get(span.spanId)
    const whole = seconds(gateway === undefined ? timeline.durationNs : gateway.end - gateway.start)
    const selfSeconds = seconds(span.selfNs)
    found.push({
      subject: {
        service: span.service,
        phase: span.phase,
        name: text(span, OWN.middlewareName) || span.name,
        hook: text(span, OWN.middlewareHook),
        route: gateway === undefined ? '' : text(gateway, 'http.route'),
      },
      selfSeconds,
      share: whole > 0 ? Math.min(1, selfSeconds / whole) : 0,
      error: span.error,
      traceId: timeline.traceId,
      spanId: span.spanId,
      at: Number(span.end / 1_000_000n),
    })
  }
  return found
}

/** For each span the `gateway` it is inside of: spans are depth first, so a parent's answer is known before its children ask. */
function nearestGateways(timeline: Timeline): Map<string, TimelineSpan> {
  const nearest = new Map<string, TimelineSpan>()
  for (const span of timeline.spans) {
    const gateway = span.phase === 'gateway' ? span : span.parentSpanId === null ? undefined : nearest.get(span.parentSpanId)
    if (gateway !== undefined) nearest.set(span.spanId, gateway)
  }
  return nearest
}
