import type { MetricPoint } from '../model/metric.ts'
import { atOnce } from '../model/steps.ts'
import { streamAround } from '../model/streaming.ts'
import type { Timeline } from '../model/timeline.ts'
import { advance, patience, rewind, type Alert } from './alert.ts'
import { SeriesBook } from './book.ts'
import { DEFAULT_CONFIG, type AlertConfig } from './config.ts'
import { SpanMetrics } from './span-metrics.ts'
import { evaluate, nothing, type Reading } from './evaluate.ts'
import { notify, type Notification } from './notification.ts'
import { Groups, type Group } from './groups.ts'
import { hanging } from './hanging.ts'
import { InFlight, type OpenPhase } from './in-flight.ts'
import { learning } from './learn.ts'
import { recall, remember, type Memory } from './memory.ts'
import { Messages, type AlertEvent, type KeptMessages } from './messages.ts'
import type { Subject } from './observation.ts'
import type { OutboxOptions, TargetStatus } from './outbox.ts'
import { phaseMetric } from './phase-metrics.ts'
import type { Rule } from './rule.ts'
import { Seen } from './seen.ts'
import type { Series, SeriesData } from './series.ts'
import { SLOT_MS } from './slot.ts'
import { Sums } from './sums.ts'
import { targetsOf, type Target } from './targets.ts'

export interface EngineOptions {
  readonly config?: AlertConfig
  readonly memory?: Memory
  /** Targets beside the configured ones: the terminal. */
  readonly targets?: readonly Target[]
  readonly outbox?: OutboxOptions
  /** The clock, ms since the epoch; for tests. */
  readonly now?: () => number
}

const FORGET_MS = 7 * 24 * 3_600_000
/** So many that have resolved are kept: routes and names can be made up. */
const RESOLVED = 1_000

/** Watches all series with all rules. Call `tick` regularly; nothing else happens by itself. */
export class AlertEngine {
  readonly series: SeriesBook = new SeriesBook()
  readonly spans: SpanMetrics = new SpanMetrics()
  /** What has not ended. */
  readonly inFlight: InFlight = new InFlight()
  readonly config: AlertConfig
  /** The address of the page, for links in notifications. */
  page = 'http://127.0.0.1:7427'
  readonly #alerts = new Map<string, Alert>()
  readonly #groups: Groups
  readonly #seen = new Seen()
  readonly #messages: Messages
  readonly #memory: Memory | undefined
  readonly #now: () => number
  /** Of the last `tick`. */
  #latest = 0

  constructor(options: EngineOptions = {}) {
    this.config = options.config ?? DEFAULT_CONFIG
    this.#groups = new Groups(this.config.rules)
    const targets = [...targetsOf(this.config.notify), ...(options.targets ?? [])]
    this.#messages = new Messages(targets, { ...options.outbox, settled: () => this.#saveAlerts() })
    this.#memory = options.memory
    this.#now = options.now ?? Date.now
    this.#restore()
  }

  /** Learns from a timeline. A later version of the same trace adds only its new spans. */
  learn(timeline: Timeline): void {
    atOnce(this.learning(timeline))
  }

  /** The same in steps: 100,000 spans take 150 ms. */
  *learning(timeline: Timeline): Generator<void> {
    const fresh = this.#seen.fresh(timeline)
    const now = this.#now()
    const stream = streamAround(timeline)
    yield
    yield* learning(timeline, this.series, fresh, now, stream)
    yield
    this.inFlight.see(timeline, now)
    this.spans.add(timeline, fresh, now, stream)
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
    if (now < this.#latest - SLOT_MS) this.#rewind(now)
    this.#latest = now
    let changed = false
    const sums = new Sums(now, (series, windowMs) => series.running(now, windowMs))
    for (const group of this.#groups.gather(this.series)) {
      const reading = evaluate(group.rule, group.members, now, sums)
      changed = this.#advance(group, reading, now) || changed
    }
    changed = this.#advanceRest(now) || changed
    this.inFlight.forget(now)
    for (const rule of this.config.rules)
      if (rule.figure === 'in_flight_age') changed = this.#advanceHanging(rule, now) || changed
    for (const one of this.series) one.melt(now, this.#isOn(one))
    this.series.forget(now, FORGET_MS)
    this.#forgetResolved(now)
    // Before anybody is told, who is told a moment later: killed in between, it is told after the restart.
    if (changed) this.#saveAlerts()
    this.#messages.refresh(now, () => this.#firing())
  }

  /** The newest changes, the oldest first. */
  get history(): readonly AlertEvent[] {
    return this.#messages.history
  }

  /** Those that fire or are pending, the most urgent first; then those that have resolved, the latest first. */
  alerts(): Alert[] {
    const weight = { firing: 0, pending: 1, inactive: 2 }
    return [...this.#alerts.values()].sort(
      (a, b) => weight[a.state] - weight[b.state] || (b.since ?? b.resolvedAt ?? 0) - (a.since ?? a.resolvedAt ?? 0),
    )
  }

  targets(): TargetStatus[] {
    return this.#messages.targets()
  }

  /** Writes down what must survive. */
  save(): void {
    const kept: KeptSeries = { series: this.series.toData(), metered: this.series.metered() }
    remember(this.#memory, 'series', kept)
    this.#saveAlerts()
  }

  #saveAlerts(): void {
    const alerts = [...this.#alerts.values()]
    const kept: KeptAlerts = { alerts, open: this.inFlight.toData(), ...this.#messages.toData() }
    remember(this.#memory, 'alerts', kept)
  }

  async close(): Promise<void> {
    await this.#messages.close()
    this.save()
  }

  /** The series whose figures an alert is about. */
  seriesOf({ id }: Alert): readonly Series[] {
    return this.#groups.members(id)
  }

  /** Whether what happens to a series is not usual now. */
  #isOn(series: Series): boolean {
    return this.#groups.of(series).some(({ id }) => (this.#alerts.get(id)?.state ?? 'inactive') !== 'inactive')
  }

  /** @returns whether there is something new to remember */
  #advance({ rule, id, subject }: Pick<Group, 'rule' | 'id' | 'subject'>, reading: Reading, now: number): boolean {
    const alert = this.#alerts.get(id) ?? (reading.exceeded ? fresh(id, rule, subject, reading) : undefined)
    if (alert === undefined) return false
    this.#alerts.set(id, alert)
    const { state } = alert
    const change = advance(alert, rule, reading, now)
    if (change !== undefined) this.#messages.tell(change, notify(change, alert, rule, this.page), now)
    if (alert.state === 'inactive' && alert.firedAt === null) this.#alerts.delete(id)
    return change !== undefined || alert.state !== state
  }

  /**
   * The same for what no series speaks of any more: its rule speaks of others since a restart, or a crash took the series and not the
   * alert. It would fire for ever.
   */
  #advanceRest(now: number): boolean {
    let changed = false
    for (const { id, subject, state, rule: name } of this.#alerts.values()) {
      const rule = this.config.rules.find((one) => one.name === name)
      if (state === 'inactive' || rule === undefined || rule.figure === 'in_flight_age') continue
      if (this.#groups.members(id).length === 0) changed = this.#advance({ rule, id, subject }, nothing(rule), now) || changed
    }
    return changed
  }

  #rewind(now: number): void {
    this.series.rewind(now)
    this.inFlight.rewind(now)
    for (const alert of this.#alerts.values()) rewind(alert, now)
  }

  #forgetResolved(now: number): void {
    const resolved = [...this.#alerts.values()].filter(({ state }) => state === 'inactive')
    resolved.sort((one, other) => (other.resolvedAt ?? 0) - (one.resolvedAt ?? 0))
    for (const [place, { id, resolvedAt }] of resolved.entries())
      if (place >= RESOLVED || (resolvedAt ?? 0) < now - FORGET_MS) this.#alerts.delete(id)
  }

  /** The same for a rule about what has not ended; what has is heard of no more. */
  #advanceHanging(rule: Rule, now: number): boolean {
    let changed = false
    const found = hanging(rule, this.inFlight)
    for (const one of found) changed = this.#advance({ rule, ...one }, one.reading, now) || changed
    const ids = new Set(found.map(({ id }) => id))
    for (const { id, subject, ...alert } of this.#alerts.values())
      if (alert.rule === rule.name && alert.state !== 'inactive' && !ids.has(id))
        changed = this.#advance({ rule, id, subject }, nothing(rule), now) || changed
    return changed
  }

  *#firing(): Generator<Notification> {
    for (const alert of this.#alerts.values()) {
      const rule = this.config.rules.find((one) => one.name === alert.rule)
      if (alert.state === 'firing' && rule !== undefined) yield notify('firing', alert, rule, this.page)
    }
  }

  #restore(): void {
    const now = this.#now()
    try {
      const { series = [], metered = [] } = (recall(this.#memory, 'series') ?? {}) as Partial<KeptSeries>
      this.series.restore(series, metered)
      this.series.rewind(now)
      const kept = recall(this.#memory, 'alerts') as KeptAlerts | undefined
      if (kept === undefined) return
      for (const alert of kept.alerts) this.#resume(alert, now)
      this.#messages.restore(kept)
      this.inFlight.restore(kept.open, now)
    } catch {
      // Somebody has edited it: what was read so far counts.
    }
  }

  /** Goes on with an alert. What came while nobody watched, or was not saved, is missing: that is no sign of calm. */
  #resume(alert: Alert, now: number): void {
    const rule = this.config.rules.find((one) => one.name === alert.rule)
    if (rule === undefined) return
    rewind(alert, now)
    this.#alerts.set(alert.id, { ...alert, severity: rule.severity, exceededAt: now + patience(rule) })
  }
}

interface KeptSeries {
  readonly series: SeriesData[]
  readonly metered: [service: string, last: number][]
}

interface KeptAlerts extends KeptMessages {
  readonly alerts: Alert[]
  readonly open: OpenPhase[]
}

function fresh(id: string, rule: Rule, subject: Subject, reading: Reading): Alert {
  const times = { since: null, firedAt: null, resolvedAt: null, exceededAt: 0, toldAt: 0 }
  return { id, rule: rule.name, severity: rule.severity, subject, state: 'inactive', ...times, reading }
}
