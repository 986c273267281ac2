import type { AlertEngine } from './engine.ts'
import type { OpenPhase } from './in-flight.ts'
import type { ExemplarSample, Family, Labels } from './openmetrics.ts'
import type { Series } from './series.ts'

/** Every metric that Phaseline exposes: dashboards and rules may name these and no others. */
export const METRICS = {
  self: 'phaseline_phase_self_seconds',
  errors: 'phaseline_phase_errors',
  inFlight: 'phaseline_in_flight',
  inFlightAge: 'phaseline_in_flight_age_seconds',
  alerts: 'phaseline_alerts',
  targets: 'phaseline_alert_notifications',
  overflow: 'phaseline_series_overflow',
  spans: 'phaseline_collector_spans',
  pending: 'phaseline_collector_pending_spans',
  traces: 'phaseline_collector_traces',
  storage: 'phaseline_collector_storage_bytes',
  forwarded: 'phaseline_collector_forwarded_spans',
  forwardQueue: 'phaseline_collector_forward_queue_spans',
  lag: 'phaseline_collector_lag_seconds',
  clock: 'phaseline_clock_offset_seconds',
  agentSpans: 'phaseline_agent_spans',
  agentQueue: 'phaseline_agent_queue_spans',
} as const

/** Figures of all phases, and the state of alerts. */
export function* phaseFamilies(engine: AlertEngine): Generator<Family> {
  const all = [...engine.series]
  yield {
    name: METRICS.self,
    help: 'Self time of phases: the time a phase took less what is inside it.',
    type: 'histogram',
    unit: 'seconds',
    samples: all.map((series) => ({ labels: labelsOf(series), histogram: series.total, exemplars: exemplarsOf(series) })),
  }
  yield {
    name: METRICS.errors,
    help: 'Phases that failed.',
    type: 'counter',
    samples: all.map((series) => ({ labels: labelsOf(series), value: series.errors })),
  }
  const open = Map.groupBy(engine.inFlight, ({ subject }) => JSON.stringify(Object.values(subject)))
  yield {
    name: METRICS.inFlight,
    help: 'Phases that have been running for a second or more and have not ended.',
    type: 'gauge',
    samples: [...open.values()].map((some) => ({ labels: openLabels(some), value: some.length })),
  }
  yield {
    name: METRICS.inFlightAge,
    help: 'For how long the oldest of them had been running when it was last heard of.',
    type: 'gauge',
    samples: [...open.values()].map((some) => ({
      labels: openLabels(some),
      value: Math.max(...some.map(({ ageMs }) => ageMs)) / 1000,
    })),
  }
  yield {
    name: METRICS.alerts,
    help: 'Alerts by state.',
    type: 'gauge',
    samples: engine
      .alerts()
      .filter((alert) => alert.state !== 'inactive')
      .map((alert) => ({ labels: { alertname: alert.rule, state: alert.state, ...alert.subject }, value: 1 })),
  }
  yield {
    name: METRICS.targets,
    help: 'Notifications by target and outcome.',
    type: 'counter',
    samples: engine.targets().flatMap(({ name, delivered, dropped }) => [
      { labels: { target: name, outcome: 'delivered' }, value: delivered },
      { labels: { target: name, outcome: 'dropped' }, value: dropped },
    ]),
  }
  yield {
    name: METRICS.overflow,
    help: 'Observations without a series of their own, because there were too many.',
    type: 'counter',
    samples: [{ labels: {}, value: engine.series.overflowed }],
  }
}

const openLabels = ([first]: readonly OpenPhase[]): Labels => ({ ...first?.subject })

const labelsOf = ({ subject }: Series): Labels => ({ ...subject })

function exemplarsOf(series: Series): ExemplarSample[] {
  const slot = series.slots.at(-1)
  const found = [slot?.slowest, slot?.typical].filter((one) => one !== null && one !== undefined)
  return found.map(({ traceId, selfSeconds, at }) => ({ traceId, value: selfSeconds, at }))
}
