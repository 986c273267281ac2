import { EventEmitter } from 'node:events'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Span } from '../model/span.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { decodeMetrics } from '../otlp/decode-metrics.ts'
import { encodeSpans } from '../otlp/spans.ts'
import { ClockBook } from '../stitch/clock-book.ts'
import { stitching } from '../stitch/stitch.ts'
import { summarise } from '../stitch/summary.ts'
import type { Retention, Store } from '../store/contract.ts'
import { lockFolder } from '../store/sqlite/lock.ts'
import { openSqlite } from '../store/sqlite.ts'
import { BodyReader } from './body.ts'
import { readTimeline } from './clocks.ts'
import type { CollectOptions, Collector, CollectorStats, Events, Limits } from './contract.ts'
import { correctedSpans } from './corrected.ts'
import { Doors } from './doors.ts'
import { Forwarder, type ForwardTarget } from './forward.ts'
import { type Gathered, Gatherer } from './gather.ts'
import { Intake } from './intake.ts'
import { Journal } from './journal.ts'
import { Keeper } from './keeper.ts'
import { requestOf } from './packs.ts'
import type { Delivery, Verdict } from './receiver.ts'
import { Refusal } from './refusal.ts'

const LIMITS: Limits = { body: 64 * 1024 * 1024, bodies: 128 * 1024 * 1024, pending: 24 * 1024 * 1024 }
const RETENTION: Retention = { maxAgeMs: 7 * 24 * 3_600_000, maxBytes: 10 * 1024 ** 3 }

/**
 * Starts a collector: receives OTLP, stitches, stores, forwards.
 * @throws PhaselineError `port_taken`, `data_in_use`, `newer_schema`, `not_ours`
 */
export async function collect(options: CollectOptions = {}): Promise<Collector> {
  const running = new RunningCollector(options)
  try {
    await running.start()
  } catch (error) {
    await running.close()
    throw error
  }
  return running
}

class RunningCollector implements Collector {
  readonly store: Store
  private readonly options: CollectOptions
  private readonly limits: Limits
  private readonly events = new EventEmitter<Events>()
  private readonly gatherer: Gatherer
  private readonly clocks = new ClockBook()
  private readonly log: Journal | undefined
  private readonly intake: Intake
  private readonly keeper: Keeper
  private readonly forwarders: readonly Forwarder[]
  private readonly doors: Doors
  private readonly unlock: () => void
  private readonly startedAt = new Date()
  private readonly counts = { accepted: 0, refused: 0, metrics: 0 }
  private retaining: NodeJS.Timeout | undefined
  private closing: Promise<void> | undefined

  constructor(options: CollectOptions) {
    const { data } = options
    this.options = options
    this.limits = { ...LIMITS, ...options.limits }
    this.unlock = data === undefined ? () => {} : lockFolder(data)
    this.gatherer = new Gatherer(options.patience)
    try {
      this.log = data === undefined ? undefined : new Journal(join(data, 'intake'), 'intake')
      this.store = options.store ?? this.openStore(data)
    } catch (error) {
      this.unlock()
      throw error
    }
    this.intake = new Intake(this.gatherer, this.log, this.warn)
    const stored = (summary: Summary, timeline: Timeline, from: Gathered): void => {
      this.forwardCorrected(timeline, from)
      this.tell('timeline', summary, timeline)
    }
    const { gatherer, log, store, clocks, warn } = this
    this.keeper = new Keeper({ gatherer, log, store, clocks, stitching, summarise, stored, warn })
    const targets = new Map((options.forward ?? []).map((target) => [keyOf(target), target]))
    this.forwarders = [...targets].map(([key, target]) => new Forwarder(target, data && join(data, 'forward', key)))
    const handlers = {
      '/v1/traces': (delivery: Delivery) => this.traces(delivery),
      '/v1/metrics': (delivery: Delivery) => this.metrics(delivery),
    }
    this.doors = new Doors({
      handlers,
      access: options.access ?? {},
      bodies: new BodyReader(this.limits),
      admit: (bytes) => this.admit(bytes),
    })
  }

  get otlpPort(): number {
    return this.doors.otlpPort
  }

  get grpcPort(): number | undefined {
    return this.doors.grpcPort
  }

  private openStore(data: string | undefined): Store {
    const path = data === undefined ? ':memory:' : join(data, 'timelines.db')
    return openSqlite({ path, read: readTimeline, warn: this.warn })
  }

  private readonly warn = (sentence: string): void => {
    if (this.options.warn === undefined) process.stderr.write(`phaseline: ${sentence}\n`)
    else this.options.warn(sentence)
  }

  async start(): Promise<void> {
    const { host = '127.0.0.1', otlpPort = 4318, grpcPort } = this.options
    this.counts.accepted += this.intake.replay()
    await this.doors.open(host, otlpPort, grpcPort)
    this.retaining = setInterval(() => void this.retain(), 60_000)
    this.retaining.unref()
  }

  private async retain(): Promise<void> {
    try {
      await this.store.retain({ ...RETENTION, ...this.options.retention })
    } catch (error) {
      this.warn(`old timelines could not be removed: ${(error as Error).message}`)
    }
  }

  /** A body that is larger than all that may wait is let in when half of the room is free: it might wait for ever. */
  private admit(bytes: number): void {
    const { pending } = this.limits
    if (this.gatherer.size > 0 && this.gatherer.bytes + Math.min(bytes, pending / 2) > pending)
      throw new Refusal(503, 'more comes than can be stored; try again', 1)
  }

  private traces(delivery: Delivery): Verdict {
    this.admit(delivery.content.length)
    const { accepted, refused } = this.intake.take(delivery.content, delivery.encoding)
    this.counts.accepted += accepted
    this.counts.refused += refused.length
    const message = refused
      .slice(0, 5)
      .map(({ where, reason }) => `${where}: ${reason}`)
      .join('; ')
    if (accepted === 0 && refused.length > 0) throw new Refusal(400, message)
    this.forward(delivery, accepted, false)
    return { rejected: refused.length, message }
  }

  private metrics(delivery: Delivery): Verdict {
    const points = decodeMetrics(delivery.content, delivery.encoding)
    this.counts.metrics++
    this.tell('metrics', points)
    return { rejected: 0, message: '' }
  }

  /** What a listener throws is its own affair. */
  private tell<Kind extends keyof Events>(kind: Kind, ...event: Events[Kind]): void {
    try {
      this.events.emit(kind, ...(event as never))
    } catch (error) {
      this.warn(`a listener of ${kind} failed: ${(error as Error).message}`)
    }
  }

  on<Kind extends keyof Events>(kind: Kind, listener: (...event: Events[Kind]) => void): () => void {
    this.events.on(kind, listener as never)
    return () => void this.events.off(kind, listener as never)
  }

  add(spans: Iterable<Span>): number {
    const content = encodeSpans(spans)
    const { accepted, refused } = this.intake.take(content, 'protobuf')
    this.counts.accepted += accepted
    this.counts.refused += refused.length
    this.forward(deliveryOf(content), accepted, false)
    return accepted
  }

  get isFull(): boolean {
    return this.gatherer.bytes > this.limits.pending
  }

  async room(): Promise<void> {
    if (this.gatherer.bytes > this.limits.pending / 2) await this.keeper.work(true)
  }

  private forward(delivery: Delivery, spans: number, corrected: boolean): void {
    if (spans === 0) return
    for (const forwarder of this.forwarders)
      if ((forwarder.target.corrected ?? false) === corrected) forwarder.send(delivery, spans)
  }

  /** Only what has just come: what was sent on before stays as it was sent. */
  private forwardCorrected(timeline: Timeline, from: Gathered): void {
    if (!this.forwarders.some(({ target }) => target.corrected)) return
    const spans = correctedSpans(timeline, requestOf(from))
    this.forward(deliveryOf(encodeSpans(spans)), spans.length, true)
  }

  stats(): CollectorStats {
    const { startedAt } = this
    const forwarding = this.forwarders.map((forwarder) => forwarder.stats())
    return {
      ...this.counts,
      ...this.keeper.counts,
      pending: this.gatherer.spans,
      startedAt,
      forwarding,
      clocks: this.clocks.known(),
    }
  }

  async flush(): Promise<void> {
    await this.keeper.work(true)
    await Promise.all(this.forwarders.map((forwarder) => forwarder.flush()))
  }

  close(): Promise<void> {
    this.closing ??= this.stop()
    return this.closing
  }

  private async stop(): Promise<void> {
    clearInterval(this.retaining)
    try {
      await this.doors.close()
      this.intake.close()
      await this.keeper.close()
      await Promise.all(this.forwarders.map((forwarder) => forwarder.close()))
      this.log?.close()
      if (this.options.store === undefined) await this.store.close()
    } finally {
      this.unlock()
    }
  }
}

/** Spans of our own making as if they had come over the network. */
function deliveryOf(content: Buffer): Delivery {
  const headers = { 'content-type': 'application/x-protobuf' }
  return { path: '/v1/traces', encoding: 'protobuf', content, received: content, headers }
}

/** The name of a target's folder, the same after a restart. */
function keyOf({ url, corrected = false }: ForwardTarget): string {
  return createHash('sha256').update(`${url} ${corrected}`).digest('hex').slice(0, 16)
}
