import type { Reading } from './evaluate.ts'
import type { Subject } from './observation.ts'
import type { Rule } from './rule.ts'

type AlertState = 'inactive' | 'pending' | 'firing'

/** One rule about one subject: its state, and since when. All times are ms since the epoch. */
export interface Alert {
  readonly id: string
  readonly rule: string
  readonly severity: Rule['severity']
  readonly subject: Subject
  state: AlertState
  /** When it went over the threshold; null while inactive. */
  since: number | null
  /** When it began to fire; kept after it has resolved. */
  firedAt: number | null
  resolvedAt: number | null
  /** The last moment at which it was over the threshold. */
  exceededAt: number
  /** When somebody was told last. */
  toldAt: number
  reading: Reading
}

/** What people are told: a change, or that it still fires. */
export type Change = 'firing' | 'resolved' | 'repeated'

/**
 * It must stay below the threshold for this long before it counts as resolved: an alert that flickers around its threshold
 * fires once. A third of the rule's window, at least 30 s; where something hangs, as long as the next one needs to show that it does.
 */
const calmMs = (rule: Rule): number =>
  rule.figure === 'in_flight_age' ? Math.min(30_000, rule.above ?? 0) : Math.max(30_000, rule.window / 3)

/** For how long after a restart nothing resolves for lack of requests: until a window is full again. */
export const patience = (rule: Rule): number => (rule.figure === 'in_flight_age' ? 0 : Math.max(0, rule.window - calmMs(rule)))

export function idOf(rule: Rule, subject: Subject): string {
  return [rule.name, subject.service, subject.phase, subject.name, subject.hook, subject.route].map(encodeURIComponent).join('|')
}

/**
 * Moves an alert on by one reading: inactive → pending → firing → inactive.
 * @returns what to tell, if anything
 */
export function advance(alert: Alert, rule: Rule, reading: Reading, now: number): Change | undefined {
  // Where it is calm again, the timelines to look at are still those of the trouble.
  alert.reading = reading.exceeded ? reading : { ...reading, exemplars: alert.reading.exemplars }
  if (reading.exceeded) {
    alert.exceededAt = now
    return exceeded(alert, rule, now)
  }
  if (alert.state === 'pending') rest(alert)
  if (alert.state !== 'firing' || now - alert.exceededAt < calmMs(rule)) return undefined
  rest(alert)
  alert.resolvedAt = now
  alert.toldAt = now
  return 'resolved'
}

/** The clock was set back: what is in its future was now. */
export function rewind(alert: Alert, now: number): void {
  if (alert.since !== null) alert.since = Math.min(alert.since, now)
  alert.exceededAt = Math.min(alert.exceededAt, now)
  alert.toldAt = Math.min(alert.toldAt, now)
}

function rest(alert: Alert): void {
  alert.state = 'inactive'
  alert.since = null
}

function exceeded(alert: Alert, rule: Rule, now: number): Change | undefined {
  alert.since ??= now
  if (alert.state === 'firing') {
    if (now - alert.toldAt < rule.repeat) return undefined
    alert.toldAt = now
    return 'repeated'
  }
  alert.state = 'pending'
  if (now - alert.since < rule.for) return undefined
  alert.state = 'firing'
  alert.firedAt = now
  alert.resolvedAt = null
  alert.toldAt = now
  return 'firing'
}
