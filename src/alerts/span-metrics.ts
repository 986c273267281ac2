import { Histogram } from '../model/histogram.ts'
import type { SpanKind } from '../model/phases.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Family, Labels } from './openmetrics.ts'
import type { Fresh } from './seen.ts'

/** The connector's names (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector). */
export const SPAN_METRICS = { calls: 'traces_span_metrics_calls', duration: 'traces_span_metrics_duration_milliseconds' } as const

const LIMIT = 10_000

type Status = 'ERROR' | 'OK' | 'UNSET'

/** Spans that have the same labels. */
interface Group {
  readonly kind: SpanKind
  readonly status: Status
  readonly labels: Labels
  readonly durations: Histogram
}

/**
 * Calls and durations of all spans, under the names of the OpenTelemetry Collector's spanmetrics connector, so that Jaeger's
 * Monitor tab and dashboards made for those work.
 */
export class SpanMetrics {
  readonly #groups: Group[] = []
  /** By service, then by name: what is left to compare are a few. */
  readonly #index = new Map<string, Map<string, Group[]>>()

  add({ spans }: Timeline, fresh: Fresh): void {
    let index = -1
    for (const span of spans) {
      index++
      if (span.source === null || fresh[index] === false) continue
      const status = span.error ? 'ERROR' : span.source.status === 'ok' ? 'OK' : 'UNSET'
      this.#of(span.service, span.name, span.kind, status).durations.record(Number(span.end - span.start) / 1e9)
    }
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

  #of(service: string, name: string, kind: SpanKind, status: Status): Group {
    const some = this.#index.get(service)?.get(name)
    if (some !== undefined) for (const group of some) if (group.kind === kind && group.status === status) return group
    if (this.#groups.length >= LIMIT && name !== 'other') return this.#of(service, 'other', kind, status)
    return this.#put(service, name, kind, status)
  }

  #put(service: string, name: string, kind: SpanKind, status: Status): Group {
    const labels = {
      service_name: service,
      span_name: name,
      span_kind: `SPAN_KIND_${kind}`,
      status_code: `STATUS_CODE_${status}`,
    }
    const group: Group = { kind, status, labels, durations: new Histogram() }
    this.#groups.push(group)
    const names = this.#index.get(service) ?? new Map<string, Group[]>()
    this.#index.set(service, names)
    names.set(name, [...(names.get(name) ?? []), group])
    return group
  }
}
