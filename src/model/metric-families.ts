import type { Family, HistogramSample, Labels, Sample } from './openmetrics.ts'

/** Every metric that Phaseline exposes but those of the spanmetrics connector: dashboards and rules may name these and no others. */
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
  agentPosts: 'phaseline_agent_posts',
  agentErrors: 'phaseline_agent_errors',
  agentBytes: 'phaseline_agent_bytes',
  agentTime: 'phaseline_agent_time_seconds',
  agentInternalErrors: 'phaseline_agent_internal_errors',
} as const

// What the collector and an app expose alike. Labels of phases: `service`, `phase`, `name`, `hook`, `route`.

export const selfFamily = (samples: Iterable<HistogramSample>): Family => ({
  name: METRICS.self,
  help: 'Self time of phases: the time a phase took less what is inside it.',
  type: 'histogram',
  unit: 'seconds',
  samples,
})

export const errorsFamily = (samples: Iterable<Sample>): Family => ({
  name: METRICS.errors,
  help: 'Phases that failed.',
  type: 'counter',
  samples,
})

/** Phases of one kind that have not ended. */
interface Open {
  readonly labels: Labels
  readonly count: number
  /** How long the oldest of them had been running, in ms. */
  readonly oldestMs: number
}

export function* inFlightFamilies(open: readonly Open[]): Generator<Family> {
  yield {
    name: METRICS.inFlight,
    help: 'Phases that have been running for a second or more and have not ended.',
    type: 'gauge',
    samples: open.map(({ labels, count }) => ({ labels, value: count })),
  }
  yield {
    name: METRICS.inFlightAge,
    help: 'For how long the oldest of them had been running when it was last heard of.',
    type: 'gauge',
    samples: open.map(({ labels, oldestMs }) => ({ labels, value: oldestMs / 1000 })),
  }
}

/** What an agent counts of itself; `spans = exported + dropped + waiting`. */
export interface AgentHealth {
  readonly service: string
  readonly host: string
  readonly pid: number | null
  readonly spans: number
  readonly exported: number
  readonly dropped: number
  readonly waiting: number
}

/** Whose figures they are. */
export const processLabels = ({ service, host, pid }: Pick<AgentHealth, 'service' | 'host' | 'pid'>): Labels => ({
  service,
  host,
  pid: pid === null ? '' : String(pid),
})

export function* agentFamilies(agents: readonly AgentHealth[]): Generator<Family> {
  yield {
    name: METRICS.agentSpans,
    help: 'Spans by what became of them in the app’s process.',
    type: 'counter',
    samples: agents.flatMap((agent) => [
      { labels: { ...processLabels(agent), outcome: 'recorded' }, value: agent.spans },
      { labels: { ...processLabels(agent), outcome: 'exported' }, value: agent.exported },
      { labels: { ...processLabels(agent), outcome: 'dropped' }, value: agent.dropped },
    ]),
  }
  yield {
    name: METRICS.agentQueue,
    help: 'Spans that wait in the app’s process to be sent.',
    type: 'gauge',
    samples: agents.map((agent) => ({ labels: processLabels(agent), value: agent.waiting })),
  }
}
