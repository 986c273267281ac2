import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AlertEventJson, AlertsJson, RuleJson } from '../../query/wire/alerts.ts'
import { count, moment, plural } from '../format.ts'
import type { Loaded } from '../loading.ts'
import { hrefOf } from '../location.ts'
import { FIRST_BOARD } from '../middleware/board.ts'
import { Failure, Waiting } from '../notice.tsx'
import { Card } from './card.tsx'
import { firingIn, groupsOf } from './groups.ts'

const CHANGES = {
  firing: ['firing', 'tone-bad'],
  resolved: ['resolved', 'tone-good'],
  repeated: ['still firing', 'tone-bad'],
} as const

/** So many of the history are shown at first. */
const FEW = 20

function Event({ event }: { event: AlertEventJson }): VNode {
  const [words, tone] = CHANGES[event.change]
  return (
    <tr>
      <td class="muted">
        <time dateTime={event.at}>{moment(Date.parse(event.at))}</time>
      </td>
      <td>
        <span class={`pill ${tone}`}>{words}</span>
      </td>
      <td>{event.rule}</td>
      <td class="said">{event.summary}</td>
    </tr>
  )
}

function History({ history }: { history: readonly AlertEventJson[] }): VNode {
  const [all, setAll] = useState(false)
  const shown = all ? history : history.slice(0, FEW)
  return (
    <section class="panel">
      <h2>History</h2>
      {history.length === 0 && <p class="muted">No alert has fired since the collector’s memory begins.</p>}
      {history.length > 0 && (
        <table class="plain history">
          <caption class="unseen">What fired and what resolved, newest first</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Change</th>
              <th scope="col">Rule</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((event, index) => (
              <Event key={`${event.at} ${event.summary} ${index}`} event={event} />
            ))}
          </tbody>
        </table>
      )}
      {shown.length < history.length && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          All {plural(history.length, 'change')}
        </button>
      )}
    </section>
  )
}

/** Where the figures are that a rule watches; null where no page can narrow to them. */
function watched({ where }: RuleJson): string | null {
  const { phase = FIRST_BOARD.phase, service = '', route = '' } = where
  if (`${service}${route}`.includes('*') || (phase.includes('*') && phase !== FIRST_BOARD.phase)) return null
  return hrefOf({ page: 'middleware', board: { ...FIRST_BOARD, phase, service, route, sort: 'p95' } })
}

function Rules({ rules }: { rules: readonly RuleJson[] }): VNode {
  return (
    <section class="panel">
      <h2>Rules</h2>
      <dl class="rules">
        {rules.map((rule) => (
          <div key={rule.name}>
            <dt>
              {rule.name} <small class="muted">{rule.severity}</small>
            </dt>
            <dd>
              {rule.words}
              {watched(rule) !== null && (
                <>
                  {' '}
                  <a class="link" href={watched(rule) as string}>
                    See what it watches
                  </a>
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p class="muted">
        Rules, and who is told, come from <code>phaseline.config.json</code> (or <code>.ts</code>, <code>.js</code>) in the folder
        where the collector was started.
      </p>
    </section>
  )
}

/** Who is told, and whether it arrives. */
export function Targets({ targets }: { targets: AlertsJson['targets'] }): VNode {
  if (targets.length === 0)
    return (
      <p class="muted">
        Nobody: alerts are only seen here. To send them on, say whom under <code>notify</code> in{' '}
        <code>phaseline.config.json</code>: <code>webhooks</code>, <code>slack</code> or <code>alertmanagers</code>.
      </p>
    )
  return (
    <table class="plain">
      <caption class="unseen">Who is told of alerts</caption>
      <thead>
        <tr>
          <th scope="col">Told</th>
          <th scope="col">Delivered</th>
          <th scope="col">Waiting</th>
          <th scope="col">Dropped</th>
          <th scope="col">Last error</th>
        </tr>
      </thead>
      <tbody>
        {targets.map((target) => (
          <tr key={target.name}>
            <td class="mono said">{target.name}</td>
            <td>{count(target.delivered)}</td>
            <td>{count(target.waiting)}</td>
            <td class={target.dropped > 0 ? 'tone-bad' : ''}>{count(target.dropped)}</td>
            <td class={target.lastError === null ? 'muted' : 'tone-bad said'}>{target.lastError ?? 'none'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Calm({ rules }: { rules: readonly RuleJson[] }): VNode {
  return (
    <section class="calm" role="status">
      <h2>Nothing fires, nothing is pending</h2>
      <p class="muted">{plural(rules.length, 'rule')} watched, below. What goes over its threshold appears here at once.</p>
    </section>
  )
}

/** What fires and what is about to, what was, by which rules, and who is told. */
export function AlertsPage({ told }: { told: Loaded<AlertsJson> }): VNode {
  const { data, error } = told
  const firing = firingIn(data)
  useEffect(() => void (document.title = `${firing > 0 ? `(${firing}) ` : ''}Alerts · Phaseline`), [firing])
  if (data === undefined) return error === undefined ? <Waiting what="alerts" /> : <Failure error={error} />
  const groups = groupsOf(data)
  return (
    <div class="board alerts">
      <h1 class="unseen">Alerts</h1>
      {error !== undefined && <p class="lost">{error.message}</p>}
      {/* Of a collector that does not answer nobody knows that all is well. */}
      {groups.length === 0 && error === undefined && <Calm rules={data.rules} />}
      {groups.map((group) => (
        <Card key={`${group.alerts[0].rule} ${group.alerts[0].service} ${group.alerts[0].name}`} group={group} />
      ))}
      <Rules rules={data.rules} />
      <section class="panel">
        <h2>Who is told</h2>
        <Targets targets={data.targets} />
      </section>
      <History history={data.history} />
    </div>
  )
}
