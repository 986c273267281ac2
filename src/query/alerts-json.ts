import type { Alert } from '../alerts/alert.ts'
import type { AlertEngine } from '../alerts/engine.ts'
import { evaluate } from '../alerts/evaluate.ts'
import type { AlertEvent } from '../alerts/messages.ts'
import { notify } from '../alerts/notification.ts'
import type { Rule } from '../alerts/rule.ts'
import { SLOT_MS } from '../alerts/slot.ts'
import { ruleWords, unitOf } from '../alerts/words.ts'
import type { AlertEventJson, AlertJson, AlertsJson, RuleJson } from './wire/alerts.ts'

/** What fires, what is pending, what was, by which rules, and who is told. */
export function alertsJson(engine: AlertEngine, now: number = Date.now()): AlertsJson {
  const rules = new Map(engine.config.rules.map((rule) => [rule.name, rule]))
  return {
    alerts: engine.alerts().flatMap((alert, index) => {
      const rule = rules.get(alert.rule)
      if (rule === undefined) return []
      const drawn = alert.state !== 'inactive' && index < DRAWN
      return [{ ...alertJson(alert, rule), readings: drawn ? readingsJson(engine, alert, rule, now) : null }]
    }),
    history: engine.history.map(eventJson).reverse(),
    rules: engine.config.rules.map(ruleJson),
    targets: engine.targets(),
  }
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/** So many alerts get their readings over time, of so many moments each: 10 minutes. */
const DRAWN = 40
const MOMENTS = 60

/** What the rule would have read at the end of each slot: nothing need be remembered but the series itself. */
function readingsJson(engine: AlertEngine, alert: Alert, rule: Rule, now: number): AlertJson['readings'] {
  const series = engine.seriesOf(alert)
  if (series.length === 0) return null
  const last = Math.floor(now / SLOT_MS) * SLOT_MS
  const moments = Array.from({ length: MOMENTS }, (_, at) => last - (MOMENTS - at) * SLOT_MS + SLOT_MS - 1)
  return {
    from: iso(moments[0] as number) as string,
    stepMs: SLOT_MS,
    values: [...moments.map((at) => evaluate(rule, series, at).value), alert.reading.value],
  }
}

function alertJson(alert: Alert, rule: Rule): Omit<AlertJson, 'readings'> {
  const { reading } = alert
  return {
    id: alert.id,
    rule: alert.rule,
    severity: alert.severity,
    state: alert.state,
    ...alert.subject,
    summary: notify(alert.state === 'inactive' ? 'resolved' : 'firing', alert, rule, '').summary,
    help: rule.help,
    figure: rule.figure,
    unit: unitOf(rule),
    value: reading.value,
    threshold: reading.threshold,
    count: reading.count,
    since: iso(alert.since),
    firedAt: iso(alert.firedAt),
    resolvedAt: iso(alert.resolvedAt),
    slowest: reading.exemplars.slowest?.traceId ?? null,
    typical: reading.exemplars.typical?.traceId ?? null,
  }
}

function eventJson({ at, change, notification }: AlertEvent): AlertEventJson {
  const { alert, severity, summary, value, threshold, unit } = notification
  return { at: new Date(at).toISOString(), change, rule: alert, severity, summary, value, threshold, unit }
}

function ruleJson(rule: Rule): RuleJson {
  const { name, severity, figure, help } = rule
  const where = Object.fromEntries(Object.entries(rule.where).filter(([, pattern]) => pattern !== undefined))
  return { name, severity, figure, where, words: ruleWords(rule), help, forMs: rule.for }
}
