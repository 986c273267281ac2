import type { MetricPoint } from '../model/metric.ts'
import type { Timeline } from '../model/timeline.ts'
import { advance, type Alert, type Change } from './alert.ts'
import { SeriesBook } from './book.ts'
import { DEFAULT_CONFIG, type AlertConfig } from './config.ts'
import { SpanMetrics } from './span-metrics.ts'
import { evaluate, type Reading } from './evaluate.ts'
import { notify, type Notification } from './notification.ts'
import { Groups, type Group } from './groups.ts'
import { learn } from './learn.ts'
import type { Subject } from './observation.ts'
import { Outbox, type OutboxOptions, type TargetStatus } from './outbox.ts'
import { phaseMetric } from './phase-metrics.ts'
import type { Rule } from './rule.ts'
import { Seen } from './seen.ts'
import type { Series, SeriesData } from './series.ts'
import { targetsOf, type Target } from './targets.ts'

/** Where the engine keeps what must survive a restart. Both may fail without harm: then it starts afresh, or keeps less. */
export interface Memory {
  load(): string | null
  save(text: string): void
}

export interface EngineOptions {
  readonly config?: AlertConfig
  readonly memory?: Memory
  /** Targets beside the configured ones: the terminal. */
  readonly targets?: readonly Target[]
  readonly outbox?: OutboxOptions
  /** The clock, ms since the epoch; for tests. */
  readonly now?: () => number
}

/** A change of an alert, for the history. */
export interface AlertEvent {
  readonly at: number
  readonly change: Change
  readonly notification: Notification
}

const HISTORY = 500
const REFRESH_MS = 60_000
const FORGET_MS = 7 * 24 * 3_600_000
const FORMAT = 3

/** Watches all series with all rules. Call `tick` regularly; nothing else happens by itself. */
export class AlertEngine {
  readonly series: SeriesBook = new SeriesBook()
  readonly spans: SpanMetrics = new SpanMetrics()
  readonly config: AlertConfig
  /** The address of the page, for links in notifications. */
  page = 'http://127.0.0.1:7427'
  readonly history: AlertEvent[] = []
  readonly #alerts = new Map<string, Alert>()
  readonly #groups: Groups
  readonly #seen = new Seen()
  readonly #outboxes: Outbox[]
  readonly #memory: Memory | undefined
  readonly #now: () => number
  #refreshedAt = 0

  constructor(options: EngineOptions = {}) {
    this.config = options.config ?? DEFAULT_CONFIG
    this.#groups = new Groups(this.config.rules)
    this.#outboxes = [...targetsOf(this.config.notify), ...(options.targets ?? [])].map(
      (target) => new Outbox(target, options.outbox),
    )
    this.#memory = options.memory
    this.#now = options.now ?? Date.now
    this.#restore()
  }

  /** Learns from a timeline. A later version of the same trace adds only its new spans. */
  learn(timeline: Timeline): void {
    const fresh = this.#seen.fresh(timeline)
    const now = this.#now()
    learn(timeline, this.series, fresh, now)
    this.spans.add(timeline, fresh, now)
  }

  /**
   * Learns from metrics: those of an agent count all requests of its service, so its timelines no longer do. Others are passed over.
   */
  meter(points: readonly MetricPoint[]): void {
    const now = this.#now()
    const measured = points.map((point) => phaseMetric(point, now)).filter((one) => one !== undefined)
    for (const { subject, from } of measured) this.series.meter(subject.service, from, now)
    for (const { subject, addition, at } of measured) this.series.add(subject, addition, at)
  }

  /** Evaluates every rule on every series that it speaks of, and tells what has changed. */
  tick(): void {
    const now = this.#now()
    for (const group of this.#groups.gather(this.series)) {
      const reading = evaluate(group.rule, group.members, now, (series) => series.running(now, group.rule.window))
      this.#advance(group, reading, now)
    }
    for (const one of this.series) one.melt(now, this.#isOn(one))
    this.series.forget(now, FORGET_MS)
    this.#refresh(now)
  }

  /** Those that fire or are pending, the most urgent first; then those that have resolved, the latest first. */
  alerts(): Alert[] {
    const weight = { firing: 0, pending: 1, inactive: 2 }
    return [...this.#alerts.values()].sort(
      (a, b) => weight[a.state] - weight[b.state] || (b.since ?? b.resolvedAt ?? 0) - (a.since ?? a.resolvedAt ?? 0),
    )
  }

  targets(): TargetStatus[] {
    return this.#outboxes.map((outbox) => outbox.status())
  }

  /** Writes down what must survive. */
  save(): void {
    const { series, history } = this
    const alerts = [...this.#alerts.values()]
    const kept: Kept = { format: FORMAT, series: series.toData(), metered: series.metered(), alerts, history }
    try {
      this.#memory?.save(JSON.stringify(kept))
    } catch {
      // A full disk must not stop the alerts; the next save tries again.
    }
  }

  async close(): Promise<void> {
    this.save()
    await Promise.all(this.#outboxes.map((outbox) => outbox.close()))
  }

  /** The series whose figures an alert is about. */
  seriesOf({ id }: Alert): readonly Series[] {
    return this.#groups.members(id)
  }

  /** Whether what happens to a series is not usual now. */
  #isOn(series: Series): boolean {
    return this.#groups.of(series).some(({ id }) => (this.#alerts.get(id)?.state ?? 'inactive') !== 'inactive')
  }

  #advance({ rule, id, subject }: Group, reading: Reading, now: number): void {
    const alert = this.#alerts.get(id) ?? (reading.exceeded ? fresh(id, rule, subject, reading) : undefined)
    if (alert === undefined) return
    this.#alerts.set(id, alert)
    const change = advance(alert, rule, reading, now)
    if (change !== undefined) this.#tell(change, alert, rule, now)
    if (alert.state === 'inactive' && alert.firedAt === null) this.#alerts.delete(id)
  }

  #tell(change: Change, alert: Alert, rule: Rule, now: number): void {
    const notification = notify(change, alert, rule, this.page)
    this.history.push({ at: now, change, notification })
    if (this.history.length > HISTORY) this.history.shift()
    for (const outbox of this.#outboxes) outbox.put(notification)
  }

  #refresh(now: number): void {
    if (now - this.#refreshedAt < REFRESH_MS) return
    this.#refreshedAt = now
    for (const outbox of this.#outboxes) if (outbox.refreshed) for (const still of this.#firing()) outbox.put(still)
  }

  *#firing(): Generator<Notification> {
    for (const alert of this.#alerts.values()) {
      const rule = this.config.rules.find((one) => one.name === alert.rule)
      if (alert.state === 'firing' && rule !== undefined) yield notify('firing', alert, rule, this.page)
    }
  }

  #restore(): void {
    const text = this.#memory?.load() ?? null
    if (text === null) return
    let kept: Kept
    try {
      kept = JSON.parse(text) as Kept
      if (kept.format !== FORMAT) return
      this.series.restore(kept.series, kept.metered)
    } catch {
      return
    }
    for (const alert of kept.alerts)
      if (this.config.rules.some((rule) => rule.name === alert.rule)) this.#alerts.set(alert.id, alert)
    this.history.push(...kept.history)
  }
}

interface Kept {
  format: number
  series: SeriesData[]
  metered: [service: string, last: number][]
  alerts: Alert[]
  history: AlertEvent[]
}

function fresh(id: string, rule: Rule, subject: Subject, reading: Reading): Alert {
  const times = { since: null, firedAt: null, resolvedAt: null, exceededAt: 0, toldAt: 0 }
  return { id, rule: rule.name, severity: rule.severity, subject, state: 'inactive', ...times, reading }
}
