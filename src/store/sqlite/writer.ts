import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Summary } from '../../model/summary.ts'
import type { Timeline } from '../../model/timeline.ts'
import type { StoredTrace } from '../contract.ts'
import type { Made } from './ahead.ts'
import { callsOf, type Calls } from './calls.ts'
import type { Chunks, Place } from './chunks.ts'
import type { Columns } from './columns.ts'
import type { TermIndex } from './index.ts'
import { storable } from './integers.ts'
import type { Operations } from './operations.ts'
import type { Terms } from './open-block.ts'
import { transaction } from './schema.ts'
import { hexOf, packSummary, unpackSummary } from './summary.ts'
import { termsOf } from './gather-terms.ts'
import type { Texts } from './texts.ts'
import type { Totals } from './totals.ts'
import { isDamage } from './trouble.ts'

/** The tables that a trace goes into, beside its own row. */
export interface Tables {
  readonly texts: Texts
  readonly chunks: Chunks
  readonly index: TermIndex
  readonly columns: Columns
  readonly calls: Calls
  readonly operations: Operations
  readonly totals: Totals
}

/** What is known of a trace that comes again. */
interface Known {
  readonly seq: number
  readonly spans: number
  readonly summary: Uint8Array
  readonly chunk: number
}

interface Row extends Place {
  readonly seq: number
  readonly id: Uint8Array
  readonly summary: Uint8Array
}

const NO_TERMS: Terms = { alone: [], sets: [] }

/** Puts traces into the tables. */
export class Writer {
  private readonly database: DatabaseSync
  private readonly tables: Tables
  private readonly read: (otlp: Uint8Array) => Timeline
  private readonly known: StatementSync
  private readonly insert: StatementSync
  private readonly update: StatementSync
  private seq = 0
  /** What is in memory may not be what is in the tables: they could not be read after a failure. */
  private isLost = false

  constructor(database: DatabaseSync, tables: Tables, read: (otlp: Uint8Array) => Timeline) {
    this.database = database
    this.tables = tables
    this.read = read
    this.known = database.prepare('SELECT seq, spans, summary, chunk FROM trace WHERE id = ?')
    this.insert =
      database.prepare(`INSERT OR IGNORE INTO trace (seq, id, received, start, duration, spans, summary, chunk, at, length)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
    this.update = database.prepare(
      'UPDATE trace SET start = ?, duration = ?, spans = ?, summary = ?, chunk = ?, at = ?, length = ? WHERE seq = ?',
    )
    this.recover()
  }

  /** Learns what is in the tables, and makes those terms of the block that was being filled again from its traces that are not there. */
  private recover(): void {
    const { database, tables } = this
    this.seq = (database.prepare('SELECT coalesce(max(seq), 0) AS last FROM trace').get() as { last: number }).last
    const first = tables.index.restart(this.seq)
    const rows = database
      .prepare('SELECT seq, id, summary, chunk, at, length FROM trace WHERE seq >= ? ORDER BY seq')
      .all(tables.columns.restart(this.seq))
    for (const row of rows as unknown as Row[]) {
      const { summary } = unpackSummary(hexOf(row.id), row.summary, tables.texts)
      tables.columns.set(row.seq, summary.start, summary.durationNs)
      if (row.seq >= first) tables.index.add(row.seq, this.termsAgain(row, summary), summary.spanCount)
    }
    this.isLost = false
  }

  /** None of a trace whose bytes make no sense any more: it is found by what else is known of it, and no reason not to open the others. */
  private termsAgain(row: Row, summary: Summary): Terms {
    try {
      return termsOf(this.read(this.tables.chunks.get(row)), summary)
    } catch (error) {
      if (isDamage(error)) throw error
      return NO_TERMS
    }
  }

  /** Learns again what is in the tables, after a transaction that was rolled back. */
  private restore(): void {
    const { texts, chunks, calls, operations, totals } = this.tables
    texts.forget(this.database)
    chunks.forget()
    calls.forget()
    totals.forget()
    operations.forget()
    this.recover()
  }

  /** All or none. @param made what of some was made before */
  put(traces: readonly StoredTrace[], made: ReadonlyMap<StoredTrace, Made>): void {
    const { chunks, index, calls, totals } = this.tables
    if (this.isLost) this.restore()
    try {
      transaction(this.database, () => {
        const received = Date.now()
        const compressed = new Map([...made].map(([{ otlp }, ahead]) => [otlp, ahead.compressed]))
        const places = chunks.put(
          traces.map(({ otlp }) => otlp),
          compressed,
        )
        for (const [nth, trace] of traces.entries()) this.putOne(trace, places[nth] as Place, received, made.get(trace))
        index.saveWhatIsDue(this.seq)
        calls.write()
        totals.write()
      })
    } catch (error) {
      this.isLost = true
      this.restore()
      throw error
    }
  }

  /** Writes what was put off, so that it need not be worked out again when the database is opened. */
  save(): void {
    transaction(this.database, () => this.tables.index.save(this.seq))
  }

  private putOne({ summary, timeline }: StoredTrace, place: Place, received: number, ahead: Made | undefined): void {
    const { texts, index, columns, calls, operations, totals } = this.tables
    const id = Buffer.from(summary.traceId, 'hex')
    const made = callsOf(timeline)
    const packed = packSummary(summary, made, texts)
    const { chunk, at, length } = place
    const row = [storable(summary.start), storable(summary.durationNs), summary.spanCount, packed, chunk, at, length] as const
    const terms = ahead?.terms ?? termsOf(timeline, summary)
    let seq = this.seq + 1
    // Most are new: whether one is known is asked of those only that were ignored.
    if (this.insert.run(seq, id, received, ...row).changes === 1) {
      this.seq = seq
      index.add(seq, terms, summary.spanCount)
      totals.add(1, 0)
    } else {
      const known = this.known.get(id) as unknown as Known
      ;({ seq } = known)
      this.update.run(...row, seq)
      index.extend(seq, terms, summary.spanCount - known.spans)
      this.takeBack(summary.traceId, known)
    }
    columns.set(seq, summary.start, summary.durationNs)
    totals.add(0, summary.spanCount)
    calls.add(summary.start, made, 1)
    operations.add(ahead?.operations ?? timeline.spans, texts)
  }

  /** What the former version of a trace counted for. */
  private takeBack(traceId: string, known: Known): void {
    const { texts, chunks, calls, totals } = this.tables
    const former = unpackSummary(traceId, known.summary, texts)
    chunks.release(known.chunk, 1)
    calls.add(former.summary.start, former.calls, -1)
    totals.add(0, -known.spans)
  }
}
