import type { Change } from './alert.ts'
import type { Notification } from './notification.ts'
import { Outbox, type OutboxOptions, type TargetStatus, type Waiting } from './outbox.ts'
import type { Target } from './targets.ts'

/** A change of an alert, for the history. */
export interface AlertEvent {
  readonly at: number
  readonly change: Change
  readonly notification: Notification
}

/** What must survive a restart. */
export interface KeptMessages {
  readonly history: readonly AlertEvent[]
  /** By target. */
  readonly waiting: readonly Waiting[]
}

const HISTORY = 500
const REFRESH_MS = 60_000

/** Whom changes are told, and what has been told. */
export class Messages {
  readonly history: AlertEvent[] = []
  readonly #outboxes: readonly Outbox[]
  #refreshedAt = 0

  constructor(targets: readonly Target[], options: OutboxOptions) {
    this.#outboxes = targets.map((target) => new Outbox(target, options))
  }

  tell(change: Change, notification: Notification, now: number): void {
    this.history.push({ at: now, change, notification })
    if (this.history.length > HISTORY) this.history.shift()
    for (const outbox of this.#outboxes) outbox.put(notification)
  }

  /** Once a minute, tells again what still fires: those targets that want it so. */
  refresh(now: number, firing: () => Iterable<Notification>): void {
    // A clock that was set back is no reason to keep silent.
    if (Math.abs(now - this.#refreshedAt) < REFRESH_MS) return
    this.#refreshedAt = now
    for (const outbox of this.#outboxes) if (outbox.refreshed) for (const still of firing()) outbox.refresh(still)
  }

  targets(): TargetStatus[] {
    return this.#outboxes.map((outbox) => outbox.status())
  }

  toData(): KeptMessages {
    return { history: this.history, waiting: this.#outboxes.map((outbox) => outbox.waiting()) }
  }

  restore({ history, waiting }: KeptMessages): void {
    this.history.push(...history)
    const left = [...waiting]
    for (const outbox of this.#outboxes) {
      // Targets may have been added or removed since; two may have the same name, and are in the same order.
      const place = left.findIndex(({ target }) => target === outbox.name)
      if (place >= 0) outbox.restore(left.splice(place, 1)[0] as Waiting)
    }
  }

  /** Stops telling. What has not been delivered is lost, unless `toData` was kept. */
  async close(): Promise<void> {
    await Promise.all(this.#outboxes.map((outbox) => outbox.close()))
  }
}
