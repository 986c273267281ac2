import { setTimeout as sleep } from 'node:timers/promises'
import type { Notification } from './notification.ts'
import { RefusedError, type Target } from './targets.ts'

/** How a target is doing, for the status page. */
export interface TargetStatus {
  readonly name: string
  readonly delivered: number
  readonly waiting: number
  readonly dropped: number
  readonly lastError: string | null
}

export interface OutboxOptions {
  /** How many notifications may wait for a target that fails; then the oldest goes, and is counted. Default 1,000. */
  readonly limit?: number
  /** First pause after a failure, ms; doubles up to five minutes. Default 1,000. */
  readonly retryMs?: number
  /** How long one delivery may take, ms. Default 10,000. */
  readonly timeoutMs?: number
  /** Called when something that waited was delivered. */
  readonly settled?: () => void
}

/** What has not been delivered to a target. */
export interface Waiting {
  readonly target: string
  readonly notifications: readonly Notification[]
}

interface Item {
  readonly notification: Notification
  /** A change is told once and must arrive; that something still fires comes again in a minute. */
  readonly change: boolean
}

const LONGEST_PAUSE_MS = 300_000

/** Delivers to one target, in order, trying again for as long as it fails; never makes the caller wait. */
export class Outbox {
  readonly #target: Target
  readonly #options: Required<OutboxOptions>
  readonly #waiting: Item[] = []
  #delivered = 0
  #dropped = 0
  #lastError: string | null = null
  #working: Promise<void> | null = null
  #closed = new AbortController()

  constructor(target: Target, options: OutboxOptions = {}) {
    this.#target = target
    this.#options = { limit: 1_000, retryMs: 1_000, timeoutMs: 10_000, settled: () => {}, ...options }
  }

  get name(): string {
    return this.#target.name
  }

  get refreshed(): boolean {
    return this.#target.refreshed
  }

  put(notification: Notification): void {
    this.#put({ notification, change: true })
  }

  /** Says that something still fires, to those who want to hear that; once, however long it has to wait, as it would push out changes. */
  refresh(notification: Notification): void {
    const place = this.#waiting.findIndex(({ change, notification: one }) => !change && sameAlert(one, notification))
    if (place > 0) this.#waiting.splice(place, 1)
    this.#put({ notification, change: false })
  }

  /** The changes that have not been delivered, for a restart. */
  waiting(): Waiting {
    const notifications = this.#waiting.filter(({ change }) => change).map(({ notification }) => notification)
    return { target: this.#target.name, notifications }
  }

  /** Takes up what a former process could not deliver to the same target. */
  restore({ notifications }: Waiting): void {
    for (const notification of notifications) this.put(notification)
  }

  #put(item: Item): void {
    if (this.#closed.signal.aborted) return
    if (this.#waiting.length >= this.#options.limit) {
      const place = this.#waiting.findIndex(({ change }) => !change)
      this.#waiting.splice(Math.max(place, 0), 1)
      this.#dropped++
    }
    this.#waiting.push(item)
    // Not at once: whoever puts writes down first what there is to tell.
    this.#working ??= Promise.resolve()
      .then(() => this.#work())
      .finally(() => (this.#working = null))
  }

  status(): TargetStatus {
    const [name, waiting] = [this.#target.name, this.#waiting.length]
    return { name, delivered: this.#delivered, waiting, dropped: this.#dropped, lastError: this.#lastError }
  }

  /** Stops trying. What has not been delivered is lost. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    let pause = this.#options.retryMs
    for (let next = this.#waiting[0]; next !== undefined && !this.#closed.signal.aborted; next = this.#waiting[0]) {
      if (await this.#deliver(next.notification)) {
        if (this.#waiting[0] === next) this.#waiting.shift()
        pause = this.#options.retryMs
        if (next.change) this.#options.settled()
      } else {
        await this.#rest(pause)
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  /** @returns whether it is done with */
  async #deliver(notification: Notification): Promise<boolean> {
    try {
      await this.#target.deliver(
        notification,
        AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#options.timeoutMs)]),
      )
      this.#delivered++
      this.#lastError = null
      return true
    } catch (error) {
      const { message, cause } = error as Error
      this.#lastError = cause instanceof Error ? `${message}: ${cause.message}` : message
      if (!(error instanceof RefusedError)) return false
      this.#dropped++
      return true
    }
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal, ref: false }).catch(() => {})
  }
}

const sameAlert = (one: Notification, other: Notification): boolean => JSON.stringify(one.labels) === JSON.stringify(other.labels)
