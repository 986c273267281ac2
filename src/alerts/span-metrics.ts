import { bucketOf, Histogram } from '../model/histogram.ts'
import type { Family, Labels } from '../model/openmetrics.ts'
import type { SpanKind } from '../model/phases.ts'
import { latencySeconds, streamAround, type StreamBeginning } from '../model/streaming.ts'
import type { Timeline } from '../model/timeline.ts'
import { labelValue } from './label-value.ts'
import { Minutes } from './minutes.ts'
import type { Fresh } from './seen.ts'

/** The connector's names (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector). */
export const SPAN_METRICS = { calls: 'traces_span_metrics_calls', duration: 'traces_span_metrics_duration_milliseconds' } as const

/** So many groups are kept apart. What comes after is counted as its service's `other`, */
const LIMIT = 10_000
/** and as anybody's, if there are that part as many of those: services are made up, too. */
const SERVICES = 0.1

/** Minutes of all spans together; the more kinds of spans there are, the fewer each has. */
const MINUTES = 60_000

type Status = 'ERROR' | 'OK' | 'UNSET'

/** Spans that have the same labels. */
export interface SpanGroup {
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: Status
  readonly labels: Labels
  readonly durations: Histogram
  /** Of the last hour; null of spans that stay inside a process. */
  readonly minutes: Minutes | null
}

/**
 * Calls and durations of all spans, under the names of the OpenTelemetry Collector's spanmetrics connector, so that Jaeger's
 * Monitor tab and dashboards made for those work.
 */
export class SpanMetrics {
  readonly #groups: SpanGroup[] = []
  /** By service, then by name: what is left to compare are a few. */
  readonly #index = new Map<string, Map<string, SpanGroup[]>>()
  readonly #limit: number

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  /** @param now ms since the epoch: a clock that is ahead makes no minutes in the future */
  add(timeline: Timeline, fresh: Fresh, now: number, stream: StreamBeginning | undefined = streamAround(timeline)): void {
    const { spans } = timeline
    const most = Math.max(5, Math.floor(MINUTES / (this.#groups.length + 1)))
    let index = -1
    for (const span of spans) {
      index++
      if (span.source === null || fresh[index] === false) continue
      const status = span.error ? 'ERROR' : span.source.status === 'ok' ? 'OK' : 'UNSET'
      const { durations, minutes } = this.#of(labelValue(span.service), labelValue(span.name), span.kind, status)
      const seconds = latencySeconds(span, stream)
      const bucket = bucketOf(seconds)
      durations.record(seconds, 1, bucket)
      minutes?.record(seconds, Math.min(now, span.endMs), most, bucket)
    }
  }

  /** All groups of spans. */
  get groups(): readonly SpanGroup[] {
    return this.#groups
  }

  *families(): Generator<Family> {
    const all = this.#groups
    yield {
      name: SPAN_METRICS.calls,
      help: 'Spans, as the spanmetrics connector counts them.',
      type: 'counter',
      samples: all.map(({ labels, durations }) => ({ labels, value: durations.count })),
    }
    yield {
      name: SPAN_METRICS.duration,
      help: 'Durations of spans, as the spanmetrics connector has them.',
      type: 'histogram',
      unit: 'milliseconds',
      samples: all.map(({ labels, durations }) => ({ labels, histogram: durations })),
    }
  }

  #of(service: string, name: string, kind: SpanKind, status: Status): SpanGroup {
    const some = this.#index.get(service)?.get(name)
    if (some !== undefined) for (const group of some) if (group.kind === kind && group.status === status) return group
    const { length } = this.#groups
    if (length >= this.#limit && name !== 'other') return this.#of(service, 'other', kind, status)
    if (length >= this.#limit + this.#limit * SERVICES && service !== 'other') return this.#of('other', 'other', kind, status)
    return this.#put(service, name, kind, status)
  }

  #put(service: string, name: string, kind: SpanKind, status: Status): SpanGroup {
    const labels = {
      service_name: service,
      span_name: name,
      span_kind: `SPAN_KIND_${kind}`,
      status_code: `STATUS_CODE_${status}`,
    }
    const minutes = kind === 'INTERNAL' ? null : new Minutes()
    const group: SpanGroup = { service, name, kind, status, labels, durations: new Histogram(), minutes }
    this.#groups.push(group)
    const names = this.#index.get(service) ?? new Map<string, SpanGroup[]>()
    this.#index.set(service, names)
    names.set(name, [...(names.get(name) ?? []), group])
    return group
  }
}
