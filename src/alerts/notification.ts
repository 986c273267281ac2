import type { Alert, Change } from './alert.ts'
import type { Rule } from './rule.ts'
import { amount, measuredWords, unitOf } from './words.ts'

/** What a target is told: the change, the figures, where to look. Times are ISO 8601, links lead to timelines. */
export interface Notification {
  /** The same for the same change: what is told twice, because a crash came between the telling and its being noted, can be recognised. */
  readonly id: string
  readonly change: Change
  readonly alert: string
  readonly severity: Rule['severity']
  readonly labels: Readonly<Record<string, string>>
  /** One sentence: who, the figure in words, the limit. */
  readonly summary: string
  readonly help: string
  readonly figure: string
  readonly value: number | null
  readonly threshold: number | null
  /** `ms`, or `ratio` for shares and rates. */
  readonly unit: 'ms' | 'ratio'
  readonly count: number
  readonly since: string
  readonly resolvedAt: string | null
  readonly links: { readonly slowest: string | null; readonly typical: string | null; readonly alerts: string }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/** @param page the address of the page, for the links */
export function notify(change: Change, alert: Alert, rule: Rule, page: string): Notification {
  const { reading } = alert
  const link = (trace: string | undefined): string | null => (trace === undefined ? null : `${page}/trace/${trace}`)
  return {
    id: `${change}@${iso(alert.toldAt)}|${alert.id}`,
    change,
    alert: rule.name,
    severity: rule.severity,
    labels: Object.fromEntries(
      Object.entries({ alertname: rule.name, severity: rule.severity, ...labelsOf(alert) }).filter(([, value]) => value !== ''),
    ),
    summary: sentence(change, alert, rule),
    help: rule.help,
    figure: rule.figure,
    value: reading.value,
    threshold: reading.threshold,
    unit: unitOf(rule),
    count: reading.count,
    since: iso(alert.since ?? alert.firedAt ?? alert.exceededAt) as string,
    resolvedAt: iso(alert.resolvedAt),
    links: {
      slowest: link(reading.exemplars.slowest?.traceId),
      typical: link(reading.exemplars.typical?.traceId),
      alerts: `${page}/alerts`,
    },
  }
}

/** Prometheus label names cannot have dots. `service` and `phase` as everywhere; the span's name is `name`. */
function labelsOf({ subject }: Alert): Record<string, string> {
  const { service, phase, name, hook, route } = subject
  return { service, phase, name, hook, route }
}

function sentence(change: Change, { subject, reading }: Alert, rule: Rule): string {
  const what = [subject.name, subject.hook].filter((part) => part !== '').join(' ')
  const where = subject.route === '' ? subject.service : `${subject.service} ${subject.route}`
  if (rule.figure === 'in_flight_age') return hanging(change, `${what} on ${where}`, reading, rule)
  const measured = measuredWords(rule, subject, reading.value, reading.threshold)
  return `${what} on ${where}: ${change === 'resolved' ? 'back to normal, ' : ''}${measured}`
}

/** `sessions on shop: has been running for 16 s and has not ended; the limit is 5 s (3 of them)`. */
function hanging(change: Change, what: string, { value, threshold, count }: Alert['reading'], rule: Rule): string {
  const limit = amount(threshold ?? 0, rule)
  if (change === 'resolved') return `${what}: nothing runs for longer than ${limit} any more`
  const many = count > 1 ? ` (${count} of them)` : ''
  return `${what}: has been running for ${amount(value ?? 0, rule)} and has not ended; the limit is ${limit}${many}`
}
