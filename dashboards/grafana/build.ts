/**
 * Writes the Grafana dashboards beside this file: `node dashboards/grafana/build.ts`. The JSON is committed, so that a provisioned
 * Grafana needs no build; a test holds the two together.
 */
import { writeFileSync } from 'node:fs'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'

const SOURCE = { type: 'prometheus', uid: '${source}' }

/** A query; every one is run against a real Prometheus in the tests. */
function query(expr: string, legend: string, kind: 'range' | 'instant' = 'range'): DataqueryBuilder {
  const built = new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(SOURCE)
  return kind === 'range' ? built.exemplar(true) : built.instant().format('table' as never)
}

type Unit = 's' | 'percentunit' | 'reqps' | 'short' | 'bytes' | 'cps'

function graph(title: string, unit: Unit, description: string, ...queries: DataqueryBuilder[]): TimeSeries {
  const panel = new TimeSeries().title(title).description(description).unit(unit).min(0).span(12).height(8).datasource(SOURCE)
  return queries.reduce((made, one) => made.withTarget(one), panel)
}

function figure(title: string, unit: Unit, description: string, expr: string): Stat {
  return new Stat()
    .title(title)
    .description(description)
    .unit(unit)
    .span(6)
    .height(4)
    .datasource(SOURCE)
    .withTarget(query(expr, ''))
}

function table(title: string, unit: Unit, description: string, expr: string): Table {
  return new Table()
    .title(title)
    .description(description)
    .unit(unit)
    .span(24)
    .height(9)
    .datasource(SOURCE)
    .withTarget(query(expr, '', 'instant'))
}

function dashboard(uid: string, title: string, description: string, rows: Record<string, Builder<Panel>[]>): DashboardBuilder {
  const made = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['phaseline'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('source').label('Prometheus').type('prometheus'))
    .withVariable(
      new QueryVariableBuilder('service')
        .label('Service')
        .datasource(SOURCE)
        .query('label_values(phaseline_phase_self_seconds_count, service)')
        .includeAll(true)
        .multi(true)
        .allValue('.*'),
    )
  for (const [name, panels] of Object.entries(rows)) {
    made.withRow(new RowBuilder(name))
    for (const panel of panels) made.withPanel(panel)
  }
  return made
}

const MIDDLEWARE = 'phase=~"middleware.*", service=~"$service"'
const BY = 'service, name, hook'
const quantile = (q: number, by: string, select: string): string =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(phaseline_phase_self_seconds_bucket{${select}}[$__rate_interval])))`

const middleware = dashboard(
  'phaseline-middleware',
  'Phaseline / Middleware',
  'Which middleware is slow, on which side, and since when.',
  {
    'Self time': [
      graph(
        'p95 self time by middleware',
        's',
        'Time in the hook itself, less what it calls. Diamonds are traces: click one to open it.',
        query(quantile(0.95, BY, MIDDLEWARE), '{{name}} {{hook}}'),
      ),
      graph(
        'Median self time by middleware',
        's',
        'A median that moves is a change for everybody.',
        query(quantile(0.5, BY, MIDDLEWARE), '{{name}} {{hook}}'),
      ),
      graph(
        'Time spent per second, by middleware',
        'short',
        'How many seconds of each second go into this hook: frequency times cost.',
        query(`sum by (${BY}) (rate(phaseline_phase_self_seconds_sum{${MIDDLEWARE}}[$__rate_interval]))`, '{{name}} {{hook}}'),
      ),
      graph(
        'Slow calls',
        'percentunit',
        'Share of calls whose self time is above 62.5 ms.',
        query('phaseline:middleware_slow:ratio_5m{service=~"$service"}', '{{name}} {{hook}}'),
      ),
    ],
    'Right now': [
      table(
        'p95 self time, worst first',
        's',
        'The last five minutes.',
        `sort_desc(phaseline:phase_self_seconds:p95_5m{${MIDDLEWARE}})`,
      ),
      graph(
        'Errors',
        'cps',
        'Hooks that raised.',
        query(`sum by (${BY}) (rate(phaseline_phase_errors_total{${MIDDLEWARE}}[$__rate_interval]))`, '{{name}} {{hook}}'),
      ),
      graph(
        'Alerts of the collector',
        'short',
        'Pending and firing.',
        query('sum by (alertname, state) (phaseline_alerts{service=~"$service"})', '{{alertname}} {{state}}'),
      ),
    ],
  },
)

const SERVICE = 'service=~"$service"'
const requests = dashboard(
  'phaseline-requests',
  'Phaseline / Requests',
  'Where the time of requests goes, by phase and by route.',
  {
    'By phase': [
      graph(
        'Seconds per second, by phase',
        'short',
        'Self time of each phase: the whole is what all requests together took.',
        query(`sum by (phase) (rate(phaseline_phase_self_seconds_sum{${SERVICE}}[$__rate_interval]))`, '{{phase}}'),
      ),
      graph(
        'p95 self time by phase',
        's',
        'Which phase has the long tail.',
        query(quantile(0.95, 'phase', SERVICE), '{{phase}}'),
      ),
    ],
    'By route': [
      graph(
        'Requests',
        'reqps',
        'Requests that reached the app.',
        query(
          `sum by (service, route) (rate(phaseline_phase_self_seconds_count{phase="gateway", ${SERVICE}}[$__rate_interval]))`,
          '{{service}} {{route}}',
        ),
      ),
      graph(
        'Failing requests',
        'percentunit',
        'Share of requests that end in a 5xx.',
        query(
          `sum by (service, route) (rate(phaseline_phase_errors_total{phase="gateway", ${SERVICE}}[$__rate_interval])) / sum by (service, route) (rate(phaseline_phase_self_seconds_count{phase="gateway", ${SERVICE}}[$__rate_interval]))`,
          '{{service}} {{route}}',
        ),
      ),
      graph(
        'p95 duration of server spans',
        's',
        'The whole request, as the spanmetrics connector counts it.',
        query(
          'histogram_quantile(0.95, sum by (service_name, span_name, le) (rate(traces_span_metrics_duration_milliseconds_bucket{span_kind="SPAN_KIND_SERVER", service_name=~"$service"}[$__rate_interval]))) / 1000',
          '{{service_name}} {{span_name}}',
        ),
      ),
      graph(
        'Server spans',
        'reqps',
        'Calls, as the spanmetrics connector counts them.',
        query(
          'sum by (service_name, status_code) (rate(traces_span_metrics_calls_total{span_kind="SPAN_KIND_SERVER", service_name=~"$service"}[$__rate_interval]))',
          '{{service_name}} {{status_code}}',
        ),
      ),
      graph(
        'p95 of queries',
        's',
        'By what the query does.',
        query(quantile(0.95, 'service, name', `phase="db", ${SERVICE}`), '{{service}} {{name}}'),
      ),
      graph(
        'p95 of rendering',
        's',
        'By template.',
        query(quantile(0.95, 'service, name', `phase="render", ${SERVICE}`), '{{service}} {{name}}'),
      ),
    ],
  },
)

const collector = dashboard(
  'phaseline-collector',
  'Phaseline / Collector',
  'Whether the collector is well: what it took, kept and lost.',
  {
    'At a glance': [
      figure(
        'Spans per second',
        'short',
        'Accepted.',
        'sum(rate(phaseline_collector_spans_total{outcome="accepted"}[$__rate_interval]))',
      ),
      figure('Timelines kept', 'short', 'In the store.', 'sum(phaseline_collector_traces)'),
      figure('Store', 'bytes', 'On disk.', 'sum(phaseline_collector_storage_bytes)'),
      figure('Pending spans', 'short', 'Waiting to be stitched.', 'sum(phaseline_collector_pending_spans)'),
    ],
    Flow: [
      graph(
        'Spans by outcome',
        'cps',
        'Accepted = stored + pending + dropped.',
        query('sum by (outcome) (rate(phaseline_collector_spans_total[$__rate_interval]))', '{{outcome}}'),
      ),
      graph(
        'Forwarded spans',
        'cps',
        'To other OTLP endpoints.',
        query(
          'sum by (target, outcome) (rate(phaseline_collector_forwarded_spans_total[$__rate_interval]))',
          '{{target}} {{outcome}}',
        ),
      ),
      graph(
        'Notifications',
        'cps',
        'Alert notifications by target.',
        query('sum by (target, outcome) (rate(phaseline_alert_notifications_total[$__rate_interval]))', '{{target}} {{outcome}}'),
      ),
      graph(
        'Observations without a series of their own',
        'cps',
        'More routes or names than series: the rest is counted together.',
        query('rate(phaseline_series_overflow_total[$__rate_interval])', 'overflow'),
      ),
    ],
  },
)

/** File name → dashboard, as it is committed. */
export const DASHBOARDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ middleware, requests, collector }).map(([name, made]) => [
    `phaseline-${name}.json`,
    `${JSON.stringify(made.build(), null, 2)}\n`,
  ]),
)

if (import.meta.main) for (const [name, text] of Object.entries(DASHBOARDS)) writeFileSync(new URL(name, import.meta.url), text)
