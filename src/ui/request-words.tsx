import type { VNode } from 'preact'
import type { SummaryJson } from '../query/wire/list.ts'

/** The method and the route, apart: the eye finds the route. */
export function RouteName({ summary }: { summary: SummaryJson }): VNode {
  const method = summary.method ?? ''
  const rest =
    summary.route ??
    (method !== '' && summary.name.startsWith(`${method} `) ? summary.name.slice(method.length + 1) : summary.name)
  return (
    <span class="route" title={summary.name}>
      {method !== '' && <span class={`method m-${/^[A-Z]+$/.test(method) ? method : 'OTHER'}`}>{method}</span>}{' '}
      {rest === method ? (
        <span class="muted">{'gateway' in summary.phases ? 'no route' : whoAnswered(summary)}</span>
      ) : (
        <b>{rest}</b>
      )}
    </span>
  )
}

/** Of a request that was not passed on to an app: who it was that answered. */
function whoAnswered({ phases, service }: SummaryJson): string {
  const here = Object.keys(phases)
  return here.includes('proxy.respond') && !here.includes('proxy.wait') ? `by ${service}` : 'no route'
}

/** Whether to call it failed: what a client counts as an error (4xx) is an answer to whoever runs the server. */
export function failed({ error, status }: SummaryJson): boolean {
  return status === null ? error : status >= 500 || (error && status < 400)
}

/** How serious a status is. */
function tone(status: number): string {
  if (status >= 500) return 'tone-bad'
  if (status >= 400) return 'tone-warn'
  return status >= 300 ? 'tone-plain' : 'tone-good'
}

/** The status code; of a request without one, whether it failed or is still running. */
export function Status({ summary }: { summary: SummaryJson }): VNode {
  const { status, error, inFlight } = summary
  if (status !== null) return <span class={`pill status ${tone(status)}`}>{status}</span>
  if (error) return <span class="pill status tone-bad">error</span>
  return <span class="pill status tone-plain">{inFlight ? 'running' : '–'}</span>
}
