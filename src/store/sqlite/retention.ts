import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Retention } from '../contract.ts'
import type { Calls } from './calls.ts'
import type { Checkpointer } from './checkpoint.ts'
import type { Chunks } from './chunks.ts'
import type { Columns } from './columns.ts'
import type { TermIndex } from './index.ts'
import { pragma, transaction } from './schema.ts'
import type { Totals } from './totals.ts'

/** Milliseconds, after which others get their turn: half of 10 million spans took seconds at once. */
const SLICE = 5
/** That the log has of each trace that is removed, halved: a page of the index of ids. */
const BYTES = 4_096
/** Pages that are given back at a time. */
const PAGES = 64
/** Rows that are looked at in one go. */
const LOOK = 1_000

/** The tables that belong to the traces. */
interface Parts {
  readonly chunks: Chunks
  readonly index: TermIndex
  readonly columns: Columns
  readonly calls: Calls
  readonly totals: Totals
  readonly log: Checkpointer
}

interface Oldest {
  readonly seq: number
  readonly chunk: number
  readonly spans: number
}

/** Removes the oldest arrivals, a slice at a time. */
export class Retainer {
  private readonly database: DatabaseSync
  private readonly parts: Parts
  private readonly ends: StatementSync
  private readonly received: StatementSync
  private readonly removeOldest: StatementSync
  private readonly giveBack: StatementSync
  private isStopped = false
  private running: Promise<unknown> = Promise.resolve()

  constructor(database: DatabaseSync, parts: Parts) {
    this.database = database
    this.parts = parts
    this.ends = database.prepare('SELECT (SELECT min(seq) FROM trace) AS first, (SELECT max(seq) FROM trace) AS last')
    this.received = database.prepare(`SELECT seq, received FROM trace ORDER BY seq LIMIT ${LOOK}`)
    this.removeOldest = database.prepare(
      'DELETE FROM trace WHERE seq = (SELECT min(seq) FROM trace) AND seq <= ? RETURNING seq, chunk, spans',
    )
    this.giveBack = database.prepare(`PRAGMA incremental_vacuum(${PAGES})`)
  }

  /** One after the other. @returns how many traces went @param now ms since the epoch */
  retain(retention: Retention, now: number): Promise<number> {
    const removed = this.running.then(() => this.remove(retention, now))
    this.running = removed.catch(() => undefined)
    return removed
  }

  /** What is not done yet is left for another time. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.running
  }

  private async remove({ maxAgeMs, maxBytes }: Retention, now: number): Promise<number> {
    let removed = 0
    if (maxAgeMs !== undefined && !this.isStopped) {
      for (let gone = 1; gone > 0 && !this.isStopped; removed += gone)
        gone = await this.removeUntil(this.lastBefore(now - maxAgeMs, now))
      if (removed > 0) await this.shrink()
      if (!this.isStopped) this.parts.calls.removeUntil(BigInt(Math.floor(now - maxAgeMs)) * 1_000_000n)
    }
    if (maxBytes === undefined) return removed
    for (let gone = 1; gone > 0 && !this.isStopped; removed += gone) {
      gone = await this.removeUntil(this.lastTooMuch(maxBytes))
      if (gone > 0) await this.shrink()
    }
    return removed
  }

  private rows(): { first: number; last: number } {
    const { first, last } = this.ends.get() as { first: number | null; last: number | null }
    return { first: first ?? 1, last: last ?? 0 }
  }

  /**
   * The last of the oldest rows that were received before a time. A clock that was ahead for a while, or had lost the time, makes rows
   * that seem to come from the future or from long ago: those go with the ones before and after them, and nothing goes that is not
   * behind only such.
   */
  private lastBefore(ms: number, now: number): number {
    let last = 0
    for (const { seq, received } of this.received.all() as unknown as { seq: number; received: number }[]) {
      if (received < ms) last = seq
      else if (received <= now) break
    }
    return last
  }

  /** The last row of the share that does not fit, at least a hundredth; 0 if all fits. */
  private lastTooMuch(maxBytes: number): number {
    const bytes =
      (pragma(this.database, 'page_count') - pragma(this.database, 'freelist_count')) * pragma(this.database, 'page_size')
    if (bytes <= maxBytes) return 0
    const { first, last } = this.rows()
    return first - 1 + Math.ceil((last - first + 1) * Math.max(0.01, 1 - maxBytes / bytes))
  }

  private async removeUntil(seq: number): Promise<number> {
    let removed = 0
    for (let gone = this.slice(seq); gone > 0; gone = this.isStopped ? 0 : this.slice(seq)) {
      removed += gone
      await this.pause(gone * BYTES)
    }
    return removed
  }

  /** All of the slice or nothing. */
  private slice(until: number): number {
    const { chunks, index, columns, totals } = this.parts
    let traces = 0
    try {
      transaction(this.database, () => {
        const end = performance.now() + SLICE
        let last = 0
        for (let row = this.oldest(until); row !== undefined; row = performance.now() < end ? this.oldest(until) : undefined) {
          chunks.release(row.chunk, 1)
          totals.add(-1, -row.spans)
          last = row.seq
          traces++
        }
        if (traces === 0) return
        index.removeUntil(last)
        columns.removeUntil(last)
        totals.write()
      })
    } catch (error) {
      totals.forget()
      throw error
    }
    return traces
  }

  private oldest(until: number): Oldest | undefined {
    return this.removeOldest.get(until) as Oldest | undefined
  }

  private async pause(bytes: number): Promise<void> {
    this.parts.log.wrote(bytes)
    await setImmediate()
    await this.parts.log.settled()
  }

  /** Makes the file smaller by what is free. */
  private async shrink(): Promise<void> {
    const size = pragma(this.database, 'page_size')
    const free = (): number => (this.isStopped ? 0 : pragma(this.database, 'freelist_count'))
    for (let [before, left] = [Infinity, free()]; left > 0 && left < before; [before, left] = [left, free()]) {
      this.giveBack.all()
      await this.pause(PAGES * size)
    }
    if (!this.isStopped) this.parts.log.empty()
  }
}
