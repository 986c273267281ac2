import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Retention } from './contract.ts'
import type { Calls } from './sqlite-calls.ts'
import type { Chunks } from './sqlite-chunks.ts'
import type { Columns } from './sqlite-columns.ts'
import type { TermIndex } from './sqlite-index.ts'
import { pragma, transaction } from './sqlite-schema.ts'
import type { Totals } from './sqlite-totals.ts'

/** The tables that belong to the traces. */
interface Parts {
  readonly chunks: Chunks
  readonly index: TermIndex
  readonly columns: Columns
  readonly calls: Calls
  readonly totals: Totals
}

/** Removes the oldest arrivals. */
export class Retainer {
  private readonly database: DatabaseSync
  private readonly parts: Parts
  private readonly ends: StatementSync
  private readonly received: StatementSync
  private readonly counted: StatementSync
  private readonly chunksOf: StatementSync
  private readonly remove: StatementSync

  constructor(database: DatabaseSync, parts: Parts) {
    this.database = database
    this.parts = parts
    this.ends = database.prepare('SELECT (SELECT min(seq) FROM trace) AS first, (SELECT max(seq) FROM trace) AS last')
    this.received = database.prepare('SELECT received FROM trace WHERE seq = ?')
    this.counted = database.prepare('SELECT count(*) AS traces, coalesce(sum(spans), 0) AS spans FROM trace WHERE seq <= ?')
    this.chunksOf = database.prepare('SELECT chunk, count(*) AS traces FROM trace WHERE seq <= ? GROUP BY chunk')
    this.remove = database.prepare('DELETE FROM trace WHERE seq <= ?')
  }

  /** @returns how many traces went @param now ms since the epoch */
  retain({ maxAgeMs, maxBytes }: Retention, now: number): number {
    let removed = 0
    const until = (seq: number): number => {
      const gone = this.removeUntil(seq)
      removed += gone
      return gone
    }
    if (maxAgeMs !== undefined) {
      until(this.lastBefore(now - maxAgeMs))
      this.parts.calls.removeUntil(BigInt(Math.floor(now - maxAgeMs)) * 1_000_000n)
    }
    if (maxBytes !== undefined) while (until(this.lastTooMuch(maxBytes)) > 0);
    return removed
  }

  private rows(): { first: number; last: number } {
    const { first, last } = this.ends.get() as { first: number | null; last: number | null }
    return { first: first ?? 1, last: last ?? 0 }
  }

  /** Rows are in the order of arrival, so age is found by halving. @returns the last row received before this time */
  private lastBefore(ms: number): number {
    const { first, last } = this.rows()
    let low = first - 1
    let high = last
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const row = this.received.get(middle) as { received: number } | undefined
      if (row === undefined || row.received < ms) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The last row of the share that does not fit, at least a hundredth; 0 if all fits. */
  private lastTooMuch(maxBytes: number): number {
    const bytes =
      (pragma(this.database, 'page_count') - pragma(this.database, 'freelist_count')) * pragma(this.database, 'page_size')
    if (bytes <= maxBytes) return 0
    const { first, last } = this.rows()
    return first - 1 + Math.ceil((last - first + 1) * Math.max(0.01, 1 - maxBytes / bytes))
  }

  private removeUntil(seq: number): number {
    const { chunks, index, columns, totals } = this.parts
    const gone = this.counted.get(seq) as { traces: number; spans: number }
    if (gone.traces === 0) return 0
    try {
      transaction(this.database, () => {
        const used = this.chunksOf.all(seq) as { chunk: number; traces: number }[]
        for (const { chunk, traces } of used) chunks.release(chunk, traces)
        this.remove.run(seq)
        index.removeUntil(seq)
        columns.removeUntil(seq)
        totals.add(-gone.traces, -gone.spans)
        totals.write()
      })
    } catch (error) {
      totals.forget()
      throw error
    }
    this.database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)')
    return gone.traces
  }
}
