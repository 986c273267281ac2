import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, durations, graph, quantile, query, stacked } from './panels.ts'

const SERVICE = 'service=~"$service"'
/** What waits for another service is counted there. */
const INSIDE = `phase!~"client.*|proxy.*|dns|connect|tls|queue", ${SERVICE}`
const GATEWAY = `phase="gateway", ${SERVICE}`
const SERVER = 'span_kind="SPAN_KIND_SERVER", service_name=~"$service"'

export const requests: DashboardBuilder = dashboard(
  'phaseline-requests',
  'Phaseline / Requests',
  'Where the time of requests goes, by phase and by route.',
  {
    'By phase': [
      stacked(
        graph(
          'Seconds per second inside the apps, by phase',
          'short',
          'Self time of each phase. What waits for another service is left out: it is counted there.',
          query(`sum by (phase) (rate(phaseline_phase_self_seconds_sum{${INSIDE}}[$__rate_interval]))`, '{{phase}}'),
        ),
      ),
      durations(
        'p95 self time by phase',
        'Which phase has the long tail.',
        query(quantile(0.95, 'phase', SERVICE), '{{phase}}', true),
      ),
    ],
    'By route': [
      stacked(
        graph(
          'Requests',
          'reqps',
          'Requests that reached the app.',
          query(
            `sum by (service, route) (rate(phaseline_phase_self_seconds_count{${GATEWAY}}[$__rate_interval]))`,
            '{{service}} {{route}}',
          ),
        ),
      ),
      graph(
        'Failing requests',
        'percentunit',
        'Share of requests that end in a 5xx. Nothing here is good news.',
        query(
          `sum by (service, route) (rate(phaseline_phase_errors_total{${GATEWAY}}[$__rate_interval])) / sum by (service, route) (rate(phaseline_phase_self_seconds_count{${GATEWAY}}[$__rate_interval])) > 0`,
          '{{service}} {{route}}',
        ),
      ),
      durations(
        'p95 duration of server spans',
        'The whole request, as the spanmetrics connector counts it.',
        query(
          `histogram_quantile(0.95, sum by (service_name, span_name, le) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVER}}[$__rate_interval]))) / 1000 > 0`,
          '{{service_name}} {{span_name}}',
        ),
      ),
      graph(
        'Server spans',
        'reqps',
        'Calls, as the spanmetrics connector counts them.',
        query(
          `sum by (service_name, status_code) (rate(traces_span_metrics_calls_total{${SERVER}}[$__rate_interval]))`,
          '{{service_name}} {{status_code}}',
        ),
      ),
    ],
    'Inside a request': [
      durations(
        'p95 of queries',
        'By what the query does.',
        query(quantile(0.95, 'service, name', `phase="db", ${SERVICE}`), '{{service}} {{name}}', true),
      ),
      durations(
        'p95 of rendering',
        'By template.',
        query(quantile(0.95, 'service, name', `phase="render", ${SERVICE}`), '{{service}} {{name}}', true),
      ),
      graph(
        'Requests running',
        'short',
        'That have been running for a second or more.',
        query(`sum by (service, route) (phaseline_in_flight{${GATEWAY}})`, '{{service}} {{route}}'),
      ),
      graph(
        'Running and not ended, by phase',
        's',
        'The age of the oldest: the deepest phase that climbs is what the request waits for.',
        query(`max by (service, phase, name) (phaseline_in_flight_age_seconds{${SERVICE}})`, '{{phase}} {{name}}'),
      ),
    ],
  },
)
