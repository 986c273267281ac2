import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { dashboard, durations, figure, graph, limited, quantile, query, table } from './panels.ts'

const MIDDLEWARE = 'phase=~"middleware.*", service=~"$service"'
const BY = 'service, name, hook'
const NAMED = '{{name}} {{hook}}'

/** Called three times a minute or more, as the rule on slow middlewares asks: one slow call in an hour is no news. */
const OFTEN = 'and on (service, name, hook) sum by (service, name, hook) (phaseline:phase_self_seconds:rate_5m) > 0.05'

/** As the rules have them: seconds of p95 self time, share of slow calls in an hour, seconds without an end. */
const SLOW = 0.05
const BUDGET = 0.144
const HANGS = 30

export const middleware: DashboardBuilder = dashboard(
  'phaseline-middleware',
  'Phaseline / Middleware',
  'Which middleware is slow, on which side, and since when.',
  {
    'Right now': [
      figure(
        'Alerts that fire',
        'short',
        'Of the collector, all services.',
        'sum(phaseline_alerts{state="firing", service=~"$service"}) or vector(0)',
        1,
      ),
      figure(
        'Slowest p95',
        's',
        'Self time, five minutes, of those that are called three times a minute or more.',
        `max(phaseline:phase_self_seconds:p95_5m{${MIDDLEWARE}} ${OFTEN}) or vector(0)`,
        SLOW,
      ),
      figure(
        'Most slow calls',
        'percentunit',
        'Share of calls above 62.5 ms, of those that are called three times a minute or more.',
        `max(phaseline:middleware_slow:ratio_5m{service=~"$service"} ${OFTEN}) or vector(0)`,
        BUDGET,
      ),
      figure(
        'Longest running',
        's',
        'The oldest call of a middleware that has not ended.',
        `max(phaseline_in_flight_age_seconds{${MIDDLEWARE}}) or vector(0)`,
        HANGS,
      ),
      table(
        'p95 self time, worst first',
        's',
        'The last five minutes.',
        `sort_desc(phaseline:phase_self_seconds:p95_5m{${MIDDLEWARE}} > 0)`,
        { columns: ['service', 'name', 'hook'], value: 'p95', limit: SLOW },
      ),
      graph(
        'Alerts of the collector',
        'short',
        'Pending and firing.',
        query('sum by (alertname, state) (phaseline_alerts{service=~"$service"})', '{{alertname}} {{state}}'),
      ).decimals(0),
    ],
    'Self time': [
      limited(
        durations(
          'p95 self time by middleware',
          'Time in the hook itself, less what it calls. Diamonds are traces: click one to open it.',
          query(quantile(0.95, BY, MIDDLEWARE), NAMED, true),
        ),
        SLOW,
      ),
      durations(
        'Median self time by middleware',
        'A median that moves is a change for everybody.',
        query(quantile(0.5, BY, MIDDLEWARE), NAMED),
      ),
      graph(
        'Seconds per second, by middleware',
        'short',
        'How many seconds of each second go into this hook: frequency times cost.',
        query(`sum by (${BY}) (rate(phaseline_phase_self_seconds_sum{${MIDDLEWARE}}[$__rate_interval]))`, NAMED),
      ),
      graph(
        'Slow calls',
        'percentunit',
        'Share of calls whose self time is above 62.5 ms: what the burn-rate alerts watch.',
        query('phaseline:middleware_slow:ratio_5m{service=~"$service"} >= 0', NAMED),
      ),
    ],
    'What goes wrong': [
      limited(
        graph(
          'Running and not ended',
          's',
          'The age of the oldest call, as last heard of. A line that climbs is a middleware that hangs; nothing here is good news.',
          query(`max by (${BY}) (phaseline_in_flight_age_seconds{${MIDDLEWARE}})`, NAMED),
        ),
        HANGS,
      ),
      graph(
        'Errors',
        'suffix: /s',
        'Hooks that raised.',
        query(`sum by (${BY}) (rate(phaseline_phase_errors_total{${MIDDLEWARE}}[$__rate_interval]))`, NAMED),
      ),
    ],
  },
)
