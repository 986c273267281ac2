import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SpanKind } from '../model/phases.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Dependency, Filter, Operation, Page, Retention, Store, StoredTrace, StoreStats } from './contract.ts'
import { CallSums, callsOf } from './sqlite-calls.ts'
import { Chunks, type Place } from './sqlite-chunks.ts'
import { BLOCK, hasRow, noRows, OpenBlock, packRows, unpackRows } from './sqlite-postings.ts'
import { openDatabase } from './sqlite-schema.ts'
import { Searcher, storable } from './sqlite-search.ts'
import { type Call, packSummary, unpackSummary } from './sqlite-summary.ts'
import { termsOf } from './sqlite-terms.ts'
import { Texts } from './sqlite-texts.ts'

/** Where the database is, and how what was received becomes a timeline: the store keeps bytes and knows no protocol. */
export interface SqliteOptions {
  /** A file; `:memory:` for none. Its folder is made. */
  readonly path: string
  /** From what was put as `otlp`. */
  readonly read: (otlp: Uint8Array) => Timeline
  /** Told in a sentence what people should know: a damaged file was moved aside. */
  readonly warn?: (sentence: string) => void
}

/**
 * Opens the embedded store, on Node's own SQLite.
 * @throws PhaselineError `newer_schema`, `not_ours`
 */
export function openSqlite(options: SqliteOptions): Store {
  if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true })
  const { database, warning } = openDatabase(options.path)
  if (warning !== undefined) options.warn?.(warning)
  return new SqliteStore(database, options)
}

const HOUR = 3_600_000_000_000n

interface Row extends Place {
  readonly seq: number
  readonly id: Uint8Array
  readonly summary: Uint8Array
}

/** What is known of a trace that comes again. */
interface Known {
  readonly seq: number
  readonly spans: number
  readonly summary: Uint8Array
  readonly chunk: number
}

class SqliteStore implements Store {
  private readonly database: DatabaseSync
  private readonly options: SqliteOptions
  private readonly texts: Texts
  private readonly searcher: Searcher
  private readonly chunks: Chunks
  private readonly statements: ReturnType<typeof statementsOf>
  /** What is in the table of operations already: services, their spans' names and the kind that came last. */
  private readonly operationsSeen = new Map<string, Map<string, SpanKind>>()
  private readonly sums = new CallSums()
  private open = { block: 0, terms: new OpenBlock() }
  private seq = 0
  private counts = { traces: 0, spans: 0 }
  /** When nothing has come for a while, what is in the write-ahead log goes into the database and the log is emptied. */
  private readonly idle = setTimeout(() => this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)'), 1_000).unref()

  constructor(database: DatabaseSync, options: SqliteOptions) {
    this.database = database
    this.options = options
    this.texts = new Texts(database)
    this.searcher = new Searcher(database, this.texts)
    this.chunks = new Chunks(database)
    this.statements = statementsOf(database)
    this.recover()
  }

  /** The numbers of what is there, and the postings of the block that was being filled. */
  private recover(): void {
    this.counts = this.database.prepare('SELECT count(*) AS traces, coalesce(sum(spans), 0) AS spans FROM trace').get() as never
    const { last } = this.database.prepare('SELECT coalesce(max(seq), 0) AS last FROM trace').get() as { last: number }
    this.seq = last
    const block = Math.floor(last / BLOCK)
    this.open = { block, terms: new OpenBlock() }
    const rows = this.database
      .prepare('SELECT seq, id, summary, chunk, at, length FROM trace WHERE seq >= ? ORDER BY seq')
      .all(block * BLOCK)
    for (const row of rows as unknown as Row[]) this.open.terms.add(row.seq % BLOCK, this.termsOfRow(row))
  }

  private termsOfRow(row: Row): readonly number[] {
    const { summary } = unpackSummary(Buffer.from(row.id).toString('hex'), row.summary, this.texts)
    return termsOf(this.options.read(this.chunks.get(row)), summary)
  }

  put(traces: readonly StoredTrace[]): Promise<void> {
    return attempt(() => {
      this.database.exec('BEGIN IMMEDIATE')
      const before = { seq: this.seq, counts: { ...this.counts } }
      try {
        const received = Date.now()
        const places = this.chunks.put(traces.map((trace) => trace.otlp))
        for (const [index, trace] of traces.entries()) this.putOne(trace, places[index] as Place, received)
        this.sums.drain((hour, call) => this.statements.call.run(hour, call.parent, call.child, call.calls))
        this.database.exec('COMMIT')
        this.idle.refresh()
      } catch (error) {
        this.database.exec('ROLLBACK')
        this.seq = before.seq
        this.counts = before.counts
        this.texts.forget(this.database)
        this.chunks.forget()
        this.operationsSeen.clear()
        this.sums.drain(() => {})
        this.recover()
        throw error
      }
    })
  }

  private putOne(trace: StoredTrace, place: Place, received: number): void {
    const { summary, timeline } = trace
    const id = Buffer.from(summary.traceId, 'hex')
    const calls = callsOf(timeline)
    const packed = packSummary(summary, calls, this.texts)
    const columns = [
      storable(summary.start),
      storable(summary.durationNs),
      summary.spanCount,
      packed,
      place.chunk,
      place.at,
      place.length,
    ] as const
    const known = this.statements.known.get(id) as Known | undefined
    if (known === undefined) {
      this.advance()
      this.statements.insert.run(this.seq, id, received, ...columns)
      this.open.terms.add(this.seq % BLOCK, termsOf(timeline, summary))
      this.counts.traces++
    } else {
      this.statements.update.run(...columns, known.seq)
      this.addTerms(known.seq, termsOf(timeline, summary))
      this.chunks.release(known.chunk, 1)
      this.counts.spans -= known.spans
      const old = unpackSummary(summary.traceId, known.summary, this.texts)
      this.addCalls(old.summary.start, old.calls, -1)
    }
    this.counts.spans += summary.spanCount
    this.addCalls(summary.start, calls, 1)
    this.addOperations(timeline)
  }

  /** The next row; a full block's postings are written, in the order of their key. */
  private advance(): void {
    this.seq++
    const block = Math.floor(this.seq / BLOCK)
    if (block === this.open.block) return
    const terms = [...this.open.terms.terms].sort((one, other) => one[0] - other[0])
    for (const [term, rows] of terms) this.statements.post.run(this.open.block, term, packRows(rows))
    this.open = { block, terms: new OpenBlock() }
  }

  /** A trace that was there has new terms; the old ones stay, results are checked where that matters. */
  private addTerms(seq: number, terms: readonly number[]): void {
    const block = Math.floor(seq / BLOCK)
    const row = seq % BLOCK
    if (block === this.open.block) return this.open.terms.add(row, terms)
    for (const term of terms) {
      const rows = noRows()
      const packed = this.statements.posted.get(block, term) as { rows: Uint8Array } | undefined
      if (packed !== undefined) unpackRows(packed.rows, rows)
      if (hasRow(rows, row)) continue
      const all = Array.from({ length: BLOCK }, (_, index) => index).filter((index) => index === row || hasRow(rows, index))
      this.statements.post.run(block, term, packRows(all))
    }
  }

  private addCalls(start: bigint, calls: readonly Call[], sign: 1 | -1): void {
    this.sums.add(storable(start) / HOUR, calls, sign)
  }

  private addOperations(timeline: Timeline): void {
    for (const { source, service, name, kind } of timeline.spans) {
      if (source === null) continue
      let names = this.operationsSeen.get(service)
      if (names === undefined) {
        if (this.operationsSeen.size >= 1_000) this.operationsSeen.clear()
        this.operationsSeen.set(service, (names = new Map()))
      }
      if (names.get(name) === kind) continue
      if (names.size >= 2_000) names.clear()
      names.set(name, kind)
      this.statements.operation.run(service, name, kind)
      this.texts.idOf(name)
      this.texts.idOf(service)
    }
  }

  otlp(traceId: string): Promise<Uint8Array | undefined> {
    return attempt(() => this.received(traceId))
  }

  private received(traceId: string): Uint8Array | undefined {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined
    const place = this.statements.place.get(Buffer.from(traceId, 'hex')) as Place | undefined
    return place && this.chunks.get(place)
  }

  timeline(traceId: string): Promise<Timeline | undefined> {
    return attempt(() => {
      const otlp = this.received(traceId)
      return otlp && this.options.read(otlp)
    })
  }

  search(filter: Filter): Promise<Page> {
    return attempt(() => {
      const limit = Math.max(1, Math.min(Math.trunc(filter.limit ?? 20), 1_500))
      const text = filter.text?.trim()
      if (text !== undefined && /^[0-9a-fA-F]{32}$/.test(text)) return this.byId(text.toLowerCase())
      const rows = this.searcher.find({ ...filter, ...(text === undefined ? {} : { text }) }, limit, this.open)
      const items = rows
        .slice(0, limit)
        .map((row) => unpackSummary(Buffer.from(row.id).toString('hex'), row.summary, this.texts).summary)
      return { items, next: rows.length > limit ? String((rows[limit - 1] as { seq: number }).seq) : null }
    })
  }

  private byId(traceId: string): Page {
    const row = this.statements.known.get(Buffer.from(traceId, 'hex')) as { summary: Uint8Array } | undefined
    return { items: row === undefined ? [] : [unpackSummary(traceId, row.summary, this.texts).summary], next: null }
  }

  services(): Promise<readonly string[]> {
    return attempt(() => (this.statements.services.all() as { service: string }[]).map((row) => row.service))
  }

  operations(service: string): Promise<readonly Operation[]> {
    return attempt(() =>
      (this.statements.operations.all(service) as { name: string; kind: SpanKind }[]).map((row) => ({ ...row })),
    )
  }

  dependencies(from: bigint, to: bigint): Promise<readonly Dependency[]> {
    return attempt(() => {
      const rows = this.statements.calls.all(storable(from) / HOUR, storable(to) / HOUR)
      return (rows as unknown as Dependency[]).map((row) => ({ ...row }))
    })
  }

  retain(retention: Retention, now: number = Date.now()): Promise<number> {
    return attempt(() => {
      let removed = 0
      if (retention.maxAgeMs !== undefined) removed += this.removeUntil(this.lastBefore(now - retention.maxAgeMs))
      for (let over = this.excess(retention.maxBytes); over > 0; over = this.excess(retention.maxBytes)) {
        const gone = this.removeUntil(this.firstSeq() + Math.ceil(this.counts.traces * over))
        if (gone === 0) break
        removed += gone
      }
      return removed
    })
  }

  /** The share of the rows that is too much. */
  private excess(maxBytes: number | undefined): number {
    if (maxBytes === undefined || this.counts.traces === 0) return 0
    const used = this.pragma('page_count') - this.pragma('freelist_count')
    const bytes = used * this.pragma('page_size')
    return bytes <= maxBytes ? 0 : Math.max(0.01, 1 - maxBytes / bytes)
  }

  private pragma(name: string): number {
    return Number(Object.values(this.database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  }

  private firstSeq(): number {
    return (this.database.prepare('SELECT coalesce(min(seq), 0) AS seq FROM trace').get() as { seq: number }).seq
  }

  /** Rows are in the order of arrival, so age is found by halving. @returns the last row received before this time */
  private lastBefore(ms: number): number {
    let low = this.firstSeq() - 1
    let high = this.seq
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const row = this.statements.received.get(middle) as { received: number } | undefined
      if (row === undefined || row.received < ms) low = middle
      else high = middle - 1
    }
    return low
  }

  private removeUntil(seq: number): number {
    this.database.exec('BEGIN IMMEDIATE')
    const gone = this.statements.counted.get(seq) as { traces: number; spans: number }
    for (const { chunk, traces } of this.statements.chunksOf.all(seq) as { chunk: number; traces: number }[])
      this.chunks.release(chunk, traces)
    this.statements.remove.run(seq)
    this.statements.unpost.run(Math.floor((seq + 1) / BLOCK))
    this.database.exec('COMMIT; PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)')
    this.counts = { traces: this.counts.traces - gone.traces, spans: this.counts.spans - gone.spans }
    return gone.traces
  }

  stats(): Promise<StoreStats> {
    return attempt(() => ({ path: this.options.path, ...this.counts, bytes: this.bytes() }))
  }

  private bytes(): number {
    if (this.options.path === ':memory:') return this.pragma('page_count') * this.pragma('page_size')
    return ['', '-wal'].reduce(
      (sum, suffix) => sum + (statSync(this.options.path + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    )
  }

  close(): Promise<void> {
    return attempt(() => {
      clearTimeout(this.idle)
      this.database.exec('PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)')
      this.database.close()
    })
  }
}

/** What the engine throws becomes a rejection: the contract is asynchronous, other engines are far away. */
function attempt<Result>(act: () => Result): Promise<Result> {
  return new Promise((resolve) => resolve(act()))
}

function statementsOf(database: DatabaseSync) {
  const made = {
    known: 'SELECT seq, spans, summary, chunk FROM trace WHERE id = ?',
    insert: `INSERT INTO trace (seq, id, received, start, duration, spans, summary, chunk, at, length)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    update: 'UPDATE trace SET start = ?, duration = ?, spans = ?, summary = ?, chunk = ?, at = ?, length = ? WHERE seq = ?',
    place: 'SELECT chunk, at, length FROM trace WHERE id = ?',
    received: 'SELECT received FROM trace WHERE seq = ?',
    post: 'INSERT OR REPLACE INTO posting (block, term, rows) VALUES (?, ?, ?)',
    posted: 'SELECT rows FROM posting WHERE block = ? AND term = ?',
    operation: 'INSERT OR IGNORE INTO operation (service, name, kind) VALUES (?, ?, ?)',
    services: 'SELECT DISTINCT service FROM operation ORDER BY service',
    operations: 'SELECT name, kind FROM operation WHERE service = ? ORDER BY name, kind',
    call: `INSERT INTO call (hour, parent, child, calls) VALUES (?, ?, ?, ?)
      ON CONFLICT (hour, parent, child) DO UPDATE SET calls = calls + excluded.calls`,
    calls: `SELECT parent, child, sum(calls) AS calls FROM call WHERE hour BETWEEN ? AND ?
      GROUP BY parent, child HAVING sum(calls) > 0 ORDER BY parent, child`,
    counted: 'SELECT count(*) AS traces, coalesce(sum(spans), 0) AS spans FROM trace WHERE seq <= ?',
    chunksOf: 'SELECT chunk, count(*) AS traces FROM trace WHERE seq <= ? GROUP BY chunk',
    remove: 'DELETE FROM trace WHERE seq <= ?',
    unpost: 'DELETE FROM posting WHERE block < ?',
  } as const
  return Object.fromEntries(Object.entries(made).map(([name, sql]) => [name, database.prepare(sql)])) as Record<
    keyof typeof made,
    StatementSync
  >
}
