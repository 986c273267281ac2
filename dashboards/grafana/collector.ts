import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, figure, graph, query } from './panels.ts'

const rate = (metric: string, select = ''): string => `rate(${metric}${select}[$__rate_interval])`

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
      ),
      graph('Pending spans', 'short', 'Waiting to be stitched.', query('sum(phaseline_collector_pending_spans)', 'pending')),
      graph(
        'Observations without a series of their own',
        'suffix: /s',
        'More routes or names than series: the rest is counted together.',
        query(rate('phaseline_series_overflow_total'), 'overflow'),
      ),
      graph('Store', 'bytes', 'On disk.', query('sum(phaseline_collector_storage_bytes)', 'bytes')),
    ],
    'Out (empty where nothing is forwarded and nobody is told)': [
      graph(
        'Forwarded spans',
        'suffix: spans/s',
        'To other OTLP endpoints.',
        query(`sum by (target, outcome) (${rate('phaseline_collector_forwarded_spans_total')})`, '{{target}} {{outcome}}'),
      ),
      graph(
        'Notifications',
        'short',
        'Alert notifications by target, in five minutes.',
        query('sum by (target, outcome) (increase(phaseline_alert_notifications_total[5m]))', '{{target}} {{outcome}}'),
      ),
    ],
  },
)
