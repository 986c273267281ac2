import type { Targets } from './config.ts'
import type { Notification } from './notification.ts'

/** A message that a target will never take: what comes after it must not wait. */
export class RefusedError extends Error {}

/** What is said of the message itself; of others (401, 404) somebody may put right what is wrong, and then they arrive. */
const REFUSALS = new Set([400, 413, 422])

/** Somebody who is told. `deliver` throws if it did not arrive; whoever calls it tries again, but for a `RefusedError`. */
export interface Target {
  readonly name: string
  /** Wants to hear of what still fires once a minute, as Alertmanager does: it takes silence for resolved. */
  readonly refreshed: boolean
  deliver(notification: Notification, signal: AbortSignal): Promise<void>
}

/** The targets of a configuration. Two channels of one Slack are told apart by a number, since what is told of both is by name. */
export function targetsOf(targets: Targets): Target[] {
  const known = new Map<string, number>()
  return unnumbered(targets).map((target) => {
    const count = (known.get(target.name) ?? 0) + 1
    known.set(target.name, count)
    return count === 1 ? target : { ...target, name: `${target.name} (${count})` }
  })
}

function unnumbered(targets: Targets): Target[] {
  return [
    ...targets.webhooks.map((url) => post(`webhook ${masked(url)}`, url, false, (notification) => notification)),
    ...targets.slack.map((url) => post(`slack ${masked(url)}`, url, false, slackMessage)),
    ...targets.alertmanagers.map((url) =>
      post(`alertmanager ${masked(url)}`, `${url.replace(/\/$/, '')}/api/v2/alerts`, true, alertmanagerAlerts),
    ),
  ]
}

/** A target's address as people may see it: a webhook's path and query are its password. */
function masked(url: string): string {
  const { protocol, host, pathname, search } = new URL(url)
  return `${protocol}//${host}${pathname === '/' && search === '' ? '' : '/…'}`
}

/** `fetch` takes no URL with a name and a password. */
function authorized(given: string): { url: string; headers: Record<string, string> } {
  const url = new URL(given)
  const headers = { 'content-type': 'application/json' }
  if (url.username === '' && url.password === '') return { url: given, headers }
  const pair = Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')
  url.username = url.password = ''
  return { url: url.href, headers: { ...headers, authorization: `Basic ${pair}` } }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function post(name: string, to: string, refreshed: boolean, body: (notification: Notification) => unknown): Target {
  const { url, headers } = authorized(to)
  return {
    name,
    refreshed,
    async deliver(notification, signal) {
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(body(notification)),
        signal,
        redirect: 'error',
      })
      const said = await response.text()
      if (response.ok) return
      const reason = `HTTP ${response.status}: ${said.slice(0, 200)}`
      throw REFUSALS.has(response.status) ? new RefusedError(reason) : new Error(reason)
    },
  }
}

const ICONS = { firing: ':rotating_light:', repeated: ':rotating_light:', resolved: ':white_check_mark:' }

/** https://api.slack.com/reference/surfaces/formatting: `&`, `<` and `>` are escaped, links are `<url|text>`. */
export function slackMessage({ change, alert, severity, summary, help, links }: Notification): { text: string } {
  const safe = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const seen = [links.slowest && `<${links.slowest}|slowest>`, links.typical && `<${links.typical}|typical>`].filter(Boolean)
  const lines = [
    `${ICONS[change]} *${safe(alert)}* (${severity}, ${change})`,
    safe(summary),
    safe(help),
    seen.length > 0 ? `Timelines: ${seen.join(' · ')}` : '',
  ]
  return { text: lines.filter((line) => line !== '').join('\n') }
}

/** How long Alertmanager believes an alert that it hears nothing more of: four refreshes. */
const BELIEVED_MS = 4 * 60_000

/** Alertmanager's API v2, `postableAlerts` (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml). */
function alertmanagerAlerts(notification: Notification): unknown[] {
  const { labels, summary, help, links, since, resolvedAt, change } = notification
  const annotations = { summary, description: help, slowest: links.slowest ?? '', typical: links.typical ?? '' }
  return [
    {
      labels,
      annotations,
      startsAt: since,
      endsAt: change === 'resolved' ? (resolvedAt ?? new Date().toISOString()) : new Date(Date.now() + BELIEVED_MS).toISOString(),
      generatorURL: links.slowest ?? links.alerts,
    },
  ]
}
