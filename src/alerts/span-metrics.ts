import { Histogram } from '../model/histogram.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Family, Labels } from './openmetrics.ts'

/** The connector's names (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector). */
export const SPAN_METRICS = { calls: 'traces_span_metrics_calls', duration: 'traces_span_metrics_duration_milliseconds' } as const

const LIMIT = 10_000

/**
 * Calls and durations of all spans, under the names of the OpenTelemetry Collector's spanmetrics connector, so that Jaeger's
 * Monitor tab and dashboards made for those work.
 */
export class SpanMetrics {
  readonly #spans = new Map<string, { labels: Labels; durations: Histogram }>()

  /** @param fresh the ids of the spans that have not been counted */
  add(timeline: Timeline, fresh: ReadonlySet<string>): void {
    for (const span of timeline.spans) {
      if (span.source === null || !fresh.has(span.spanId)) continue
      const status = span.error ? 'STATUS_CODE_ERROR' : span.source.status === 'ok' ? 'STATUS_CODE_OK' : 'STATUS_CODE_UNSET'
      const labels = {
        service_name: span.service,
        span_name: span.name,
        span_kind: `SPAN_KIND_${span.kind}`,
        status_code: status,
      }
      this.#of(labels).record(Number(span.end - span.start) / 1e9)
    }
  }

  *families(): Generator<Family> {
    const all = [...this.#spans.values()]
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

  #of(labels: Labels): Histogram {
    const key = Object.values(labels).join('\0')
    const found = this.#spans.get(key)
    if (found !== undefined) return found.durations
    if (this.#spans.size >= LIMIT && labels['span_name'] !== 'other') return this.#of({ ...labels, span_name: 'other' })
    const durations = new Histogram()
    this.#spans.set(key, { labels, durations })
    return durations
  }
}
