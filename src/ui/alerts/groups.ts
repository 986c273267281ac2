import type { AlertJson, AlertsJson, RuleJson } from '../../query/wire/alerts.ts'

/** One cause: a middleware (or what else a rule speaks of) with all its hooks and routes that are over the threshold. */
export interface AlertGroup {
  readonly rule: RuleJson | undefined
  /** Never none: firing first. */
  readonly alerts: readonly [AlertJson, ...AlertJson[]]
  /** How many of them fire. */
  readonly firing: number
  /** ISO 8601: when the first of them went over its threshold. */
  readonly since: string | null
}

/** How many alerts fire. */
export function firingIn(told: AlertsJson | undefined): number {
  return told?.alerts.filter(({ state }) => state === 'firing').length ?? 0
}

/** How far it is over its threshold: 2 is twice. */
function excess({ value, threshold }: AlertJson): number {
  return value === null || threshold === null || threshold === 0 ? 0 : value / threshold
}

function groupOf(alerts: AlertJson[], rules: readonly RuleJson[]): AlertGroup {
  alerts.sort((a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || excess(b) - excess(a))
  const sorted = alerts as [AlertJson, ...AlertJson[]]
  const since = alerts.map((alert) => alert.since).filter((at) => at !== null)
  return {
    rule: rules.find(({ name }) => name === sorted[0].rule),
    alerts: sorted,
    firing: alerts.filter(({ state }) => state === 'firing').length,
    since: since.length === 0 ? null : since.reduce((first, at) => (at < first ? at : first)),
  }
}

/** What fires or is pending, by cause: a slow middleware is one thing to look at, however many routes go through it. */
export function groupsOf({ alerts, rules }: AlertsJson): AlertGroup[] {
  const on = alerts.filter(({ state }) => state !== 'inactive')
  const together = Map.groupBy(on, ({ rule, service, name }) => `${rule}\0${service}\0${name}`)
  const groups = [...together.values()].map((all) => groupOf(all, rules))
  return groups.sort((a, b) => b.firing - a.firing || excess(b.alerts[0]) - excess(a.alerts[0]))
}
