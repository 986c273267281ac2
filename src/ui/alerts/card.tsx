import type { VNode } from 'preact'
import type { AlertJson } from '../../query/wire/alerts.ts'
import { clock, moment, roughly } from '../format.ts'
import { phaseLook } from '../phases.ts'
import { Ways } from '../ways.tsx'
import { windowsSince } from '../windows/windows.ts'
import { Chart } from './chart.tsx'
import { figure } from './figure.ts'
import type { AlertGroup } from './groups.ts'

const TONES = { firing: 'tone-bad', pending: 'tone-warn', inactive: 'tone-plain' }

/** Since when; of what is pending, when it will fire if it lasts. */
function When({ alert, forMs }: { alert: AlertJson; forMs: number }): VNode {
  const since = Date.parse(alert.since ?? alert.firedAt ?? '')
  const age = Date.now() - since
  return (
    <span class="when-on muted" title={moment(since)}>
      since {clock(since)}, {roughly(age)}
      {alert.state === 'pending' && (
        <small>{age < forMs ? `fires in ${roughly(forMs - age)} if it lasts` : 'about to fire'}</small>
      )}
    </span>
  )
}

function Links({ alert }: { alert: AlertJson }): VNode {
  const { slowest, typical, name, hook } = alert
  const find = `${name} ${hook}`.trim()
  const windows = windowsSince(alert, alert.since ?? alert.firedAt)
  return (
    <Ways
      of={`${find} ${alert.route}`.trim()}
      slowest={slowest}
      typical={typical}
      find={find}
      windows={windows}
      main={alert.figure === 'in_flight_age' ? 'Running timeline' : 'Slowest timeline'}
    />
  )
}

/** The sentence without whom it is of: that is said beside it. */
const measured = ({ summary }: AlertJson): string => {
  const words = summary.slice(summary.indexOf(': ') + 2)
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`
}

/** One hook on one route: its figure against the threshold. */
function Line({ alert, forMs }: { alert: AlertJson; forMs: number }): VNode {
  const look = phaseLook(alert.phase)
  return (
    <li class={look.className}>
      <span class={`pill ${TONES[alert.state]}`}>{alert.state}</span>
      <span class="where-on">
        <span title={look.meaning}>
          <i class="swatch" /> {alert.hook || look.label}
        </span>
        <b>{alert.route || 'all routes'}</b>
      </span>
      <Chart alert={alert} />
      <span class="against">
        <b class={TONES[alert.state]}>{figure(alert.value, alert.unit)}</b>
        <small>limit {figure(alert.threshold, alert.unit)}</small>
      </span>
      <When alert={alert} forMs={forMs} />
      <Links alert={alert} />
      <p class="measured">{measured(alert)}</p>
    </li>
  )
}

/** One cause of alerts: who it is, by which rule, and every place where it shows. */
export function Card({ group }: { group: AlertGroup }): VNode {
  const [first] = group.alerts
  const { rule, firing, alerts } = group
  const pending = alerts.length - firing
  const counts = [firing > 0 ? `${firing} firing` : '', pending > 0 ? `${pending} pending` : ''].filter((text) => text !== '')
  return (
    <section class={firing > 0 ? 'cause firing' : 'cause'} aria-label={`${first.rule}: ${first.name}`}>
      <header>
        <h2>{first.name}</h2>
        <span class="muted">{first.service}</span>
        <span class={`pill ${firing > 0 ? 'tone-bad' : 'tone-warn'}`}>{counts.join(', ')}</span>
        <span class="rule-name">
          {first.rule} <small class="muted">{first.severity}</small>
        </span>
      </header>
      <p class="muted">
        <b>Rule</b> {rule?.words ?? first.summary}
      </p>
      {first.help !== '' && (
        <p class="muted">
          <b>Next</b> {first.help}
        </p>
      )}
      <ul>
        {alerts.map((alert) => (
          <Line key={alert.id} alert={alert} forMs={rule?.forMs ?? 0} />
        ))}
      </ul>
    </section>
  )
}
