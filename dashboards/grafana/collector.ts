import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, figure, graph, query } from './panels.ts'

const rate = (metric: string, select = ''): string => `rate(${metric}${select}[$__rate_interval])`

/** A line at nothing where no host calls another one. */
const NONE_KNOWN = 'label_replace(label_replace(vector(0), "host", "no host", "", ""), "against", "another", "", "")'

export const collector: DashboardBuilder = dashboard(
  'phaseline-collector',
  'Phaseline / Collector',
  'Whether the collector is well: what it took, kept and lost.',
  {
    'At a glance': [
      figure(
        'Spans taken',
        'suffix: spans/s',
        'Accepted.',
        `sum(${rate('phaseline_collector_spans_total', '{outcome="accepted"}')})`,
      ),
      figure('Timelines kept', 'short', 'In the store.', 'sum(phaseline_collector_traces)'),
      figure('Store', 'bytes', 'On disk.', 'sum(phaseline_collector_storage_bytes)'),
      figure(
        'Spans dropped',
        'short',
        'In the last hour.',
        'sum(increase(phaseline_collector_spans_total{outcome="dropped"}[1h]))',
        1,
      ),
    ],
    In: [
      graph(
        'Spans by outcome',
        'suffix: spans/s',
        'Accepted = stored + pending + dropped.',
        query(`sum by (outcome) (${rate('phaseline_collector_spans_total')})`, '{{outcome}}'),
      ).span(8),
      graph('Pending spans', 'short', 'Waiting to be stitched.', query('sum(phaseline_collector_pending_spans)', 'pending')).span(
        8,
      ),
      graph(
        'Observations without a series of their own',
        'suffix: /s',
        'More routes or names than series: the rest is counted together.',
        query(rate('phaseline_series_overflow_total'), 'overflow'),
      ).span(8),
    ],
    'Agents and clocks': [
      graph(
        'Spans given up in apps',
        'suffix: spans/s',
        'Its queue was full, or the collector was away for too long.',
        query(
          `sum by (service) (${rate('phaseline_agent_spans_total', '{outcome="dropped", service=~"$service"}')})`,
          '{{service}}',
        ),
      ),
      graph(
        'Spans waiting in apps',
        'short',
        'Recorded and not sent yet.',
        query('sum by (service) (phaseline_agent_queue_spans{service=~"$service"})', '{{service}}'),
      ),
      graph(
        'How late timelines are',
        's',
        'From the end of a request to the arrival of its timeline, of the last 200.',
        query('max by (figure) (phaseline_collector_lag_seconds)', '{{figure}}'),
      ),
      graph(
        'Clocks',
        's',
        'How much a host’s clock is off that of a host that calls it, either way.',
        query(`max by (host, against) (abs(phaseline_clock_offset_seconds)) or ${NONE_KNOWN}`, '{{host}} against {{against}}'),
      ),
    ],
    'Out (empty where nothing is forwarded and nobody is told)': [
      graph(
        'Forwarded spans',
        'suffix: spans/s',
        'To other OTLP endpoints.',
        query(`sum by (target, outcome) (${rate('phaseline_collector_forwarded_spans_total')})`, '{{target}} {{outcome}}'),
      ).span(8),
      graph(
        'Spans waiting to be forwarded',
        'short',
        'A line that climbs is an endpoint that is down.',
        query('sum by (target) (phaseline_collector_forward_queue_spans)', '{{target}}'),
      ).span(8),
      graph(
        'Notifications',
        'short',
        'Alert notifications by target, in five minutes.',
        query('sum by (target, outcome) (increase(phaseline_alert_notifications_total[5m]))', '{{target}} {{outcome}}'),
      ).span(8),
    ],
  },
)
