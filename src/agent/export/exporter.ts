import { sendSynchronously } from './last-gasp.ts'
import type { Batch, Destination } from './post.ts'
import { post, type Answer } from './post.ts'
import { counters } from '../stats.ts'
import { once, trouble } from '../trouble.ts'

/** How much waits, and how long it is tried. */
export interface Persistence {
  /** Bytes that may wait to be sent; beyond, the oldest are dropped and counted. */
  readonly queueBytes: number
  /** Spans that may wait. */
  readonly queueSpans: number
}

/** Requests under way at a time. */
const AT_ONCE = 4
/** Retries of one batch: after 1, 2, 4, 8 seconds or so. */
const TRIES = 5
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 30_000

interface Waiting extends Batch {
  readonly size: number
  tries: number
  /** All of it has been handed to the kernel. */
  written: boolean
}

/**
 * A bounded queue in front of the collector. Every span that comes in is exported or dropped, and counted as such. When the
 * collector is away, everything pauses together: its return is not greeted with a stampede.
 */
export class Exporter {
  private readonly destination: Destination
  private readonly persistence: Persistence
  /** Runs a function such that its own requests are not traced. */
  private readonly silently: (fn: () => void) => void
  private queue: Waiting[] = []
  private queuedBytes = 0
  private queuedSpans = 0
  private readonly underway = new Set<Waiting>()
  private pause: NodeJS.Timeout | undefined = undefined
  private idle: (() => void)[] = []
  private closed = false
  /** The last answer was none, or to come again. */
  private failing = false

  constructor(destination: Destination, persistence: Persistence, silently: (fn: () => void) => void) {
    this.destination = destination
    this.persistence = persistence
    this.silently = silently
  }

  /** Takes a batch. Never throws, never waits. */
  send(batch: Omit<Batch, 'written'>): void {
    const size = batch.parts.reduce((sum, part) => sum + part.length, 0)
    this.enqueue({ ...batch, size, tries: 0, written: false })
    const { queueBytes, queueSpans } = this.persistence
    while (this.queue.length > 1 && (this.queuedBytes > queueBytes || this.queuedSpans > queueSpans)) {
      this.drop(this.dequeue(), 'the queue is full')
    }
    if (this.closed) this.giveUp()
    else this.work()
  }

  private enqueue(batch: Waiting, first = false): void {
    if (first) this.queue.unshift(batch)
    else this.queue.push(batch)
    this.queuedBytes += batch.size
    this.queuedSpans += batch.spans
  }

  private dequeue(): Waiting {
    const batch = this.queue.shift() as Waiting
    this.queuedBytes -= batch.size
    this.queuedSpans -= batch.spans
    return batch
  }

  private work(): void {
    while (this.pause === undefined && this.underway.size < AT_ONCE && this.queue.length > 0) {
      const batch = this.dequeue()
      this.underway.add(batch)
      counters.posts++
      this.silently(() => post(this.destination, batch, (answer) => this.answered(batch, answer)))
    }
  }

  private answered(batch: Waiting, answer: Answer): void {
    this.underway.delete(batch)
    try {
      if (answer.outcome === 'taken') this.taken(batch, answer.rejected)
      else this.failed(batch, answer)
      this.work()
    } catch (error) {
      trouble('an answer of the collector', error)
    }
    if (!this.busy) this.settle()
  }

  private taken(batch: Waiting, rejected: number): void {
    this.failing = false
    const refused = Math.min(rejected, batch.spans)
    counters.exported += batch.spans - refused
    counters.rejected += refused
    counters.dropped += refused
    counters.bytes += batch.size
    batch.done()
  }

  private failed(batch: Waiting, { outcome, reason, after }: Answer): void {
    counters.errors++
    this.failing = outcome === 'later'
    batch.tries++
    batch.written = false
    if (outcome === 'refused' || batch.tries >= TRIES || this.closed) return this.drop(batch, reason)
    this.enqueue(batch, true)
    if (this.idle.length > 0 && batch.tries > 1) return this.giveUp()
    const wait = after ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (batch.tries - 1)) * (0.8 + Math.random() * 0.4)
    this.pause ??= setTimeout(() => this.resume(), wait).unref()
  }

  private resume(): void {
    clearTimeout(this.pause)
    this.pause = undefined
    this.work()
  }

  private drop(batch: Waiting, reason: string): void {
    counters.dropped += batch.spans
    batch.done()
    const { href } = this.destination.url
    once(`phaseline: what was recorded is dropped, because ${reason} (${href}). Said once; stats() counts spans.`, `drop ${href}`)
  }

  private giveUp(): void {
    while (this.queue.length > 0) this.drop(this.dequeue(), 'the collector could not be reached in time')
  }

  private settle(): void {
    for (const resolve of this.idle) resolve()
    this.idle = []
  }

  /** Whether something waits or is under way. */
  get busy(): boolean {
    return this.underway.size > 0 || this.queue.length > 0
  }

  /**
   * Tries at once whatever waits, and resolves when all of it was taken or given up, or after so many ms. Holds the process
   * for as long.
   */
  flush(timeout: number): Promise<void> {
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => {
      const bound = setTimeout(resolve, timeout)
      this.idle.push(() => {
        clearTimeout(bound)
        resolve()
      })
      this.resume()
    })
  }

  /** Sends what is not on the wire yet, while the process exits. One try: a collector that is away must not hold it up again and again. */
  lastGasp(): void {
    this.closed = true
    const waiting = [...this.underway].filter((batch) => !batch.written)
    while (this.queue.length > 0) waiting.push(this.dequeue())
    if (waiting.length === 0) return
    const parts = waiting.flatMap((batch) => batch.parts)
    const spans = waiting.reduce((sum, batch) => sum + batch.spans, 0)
    // Concatenated requests are one request: that is what protobuf means by repeated fields.
    if (!this.failing && sendSynchronously(this.destination, parts)) counters.exported += spans
    else counters.dropped += spans
  }

  /** From now on nothing is retried; what waits is dropped, what is under way is broken off. Resolves when all is counted. */
  close(): Promise<void> {
    this.closed = true
    clearTimeout(this.pause)
    this.giveUp()
    this.destination.connections.destroy()
    return new Promise((resolve) => {
      this.idle.push(resolve)
      if (!this.busy) this.settle()
    })
  }
}
