import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Timeline } from '../model/timeline.ts'
import type { Dependency, Filter, Operation, Page, Retention, Store, StoredTrace, StoreStats } from './contract.ts'
import { isLarge, type Made, makeAhead } from './sqlite/ahead.ts'
import { Calls } from './sqlite/calls.ts'
import { Chunks, type Place } from './sqlite/chunks.ts'
import { Checkpointer } from './sqlite/checkpoint.ts'
import { Columns } from './sqlite/columns.ts'
import { TermIndex } from './sqlite/index.ts'
import { makeFolder } from './sqlite/folder.ts'
import { Operations } from './sqlite/operations.ts'
import { Retainer } from './sqlite/retention.ts'
import { openDatabase, pragma } from './sqlite/schema.ts'
import { Searcher } from './sqlite/search.ts'
import { Texts } from './sqlite/texts.ts'
import { Totals } from './sqlite/totals.ts'
import { type Tables, Writer } from './sqlite/writer.ts'

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
  if (options.path !== ':memory:') makeFolder(dirname(options.path))
  const { database, warning } = openDatabase(options.path)
  if (warning !== undefined) options.warn?.(warning)
  return new SqliteStore(database, options)
}

class SqliteStore implements Store {
  private readonly database: DatabaseSync
  private readonly options: SqliteOptions
  private readonly tables: Tables
  private readonly writer: Writer
  private readonly searcher: Searcher
  private readonly retainer: Retainer
  private readonly log: Checkpointer
  private readonly place: StatementSync
  /** When nothing has come for a while, what is in the write-ahead log goes into the database and the log is emptied. */
  private readonly idle: NodeJS.Timeout
  /** Resolves when all that is to be put is. */
  private putting: Promise<void> | undefined

  constructor(database: DatabaseSync, options: SqliteOptions) {
    this.database = database
    this.options = options
    const texts = new Texts(database)
    this.tables = {
      texts,
      chunks: new Chunks(database),
      index: new TermIndex(database, texts),
      columns: new Columns(database),
      calls: new Calls(database),
      operations: new Operations(database),
      totals: new Totals(database),
    }
    this.writer = new Writer(database, this.tables, options.read)
    this.searcher = new Searcher(database, this.tables)
    this.log = new Checkpointer(database, options.path)
    this.retainer = new Retainer(database, { ...this.tables, log: this.log })
    this.place = database.prepare('SELECT chunk, at, length FROM trace WHERE id = ?')
    this.idle = setTimeout(() => void this.log.settled().then(() => this.checkpoint()), 1_000).unref()
  }

  private checkpoint(): void {
    this.writing(() => this.log.empty())
  }

  /** What nobody waits for may fail. */
  private writing(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.options.warn?.(`${this.options.path} could not be written: ${(error as Error).message}`)
    }
  }

  /** Traces are put in the order in which they came here: those after a large one wait for it. */
  async put(traces: readonly StoredTrace[]): Promise<void> {
    if (this.putting === undefined && !traces.some(isLarge)) return this.write(traces, NOTHING)
    const put = (this.putting ?? Promise.resolve()).then(async () => this.write(traces, await makeAhead(traces)))
    const done = put
      .catch(() => {})
      .finally(() => {
        if (this.putting === done) this.putting = undefined
      })
    this.putting = done
    return put
  }

  private write(traces: readonly StoredTrace[], made: ReadonlyMap<StoredTrace, Made>): void {
    this.writer.put(traces, made)
    this.log.wrote(traces.reduce((sum, { otlp }) => sum + otlp.length, 0))
    this.idle.refresh()
  }

  async otlp(traceId: string): Promise<Uint8Array | undefined> {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined
    const place = this.place.get(Buffer.from(traceId, 'hex')) as Place | undefined
    return place && this.tables.chunks.fetch(place)
  }

  async timeline(traceId: string): Promise<Timeline | undefined> {
    const otlp = await this.otlp(traceId)
    return otlp && this.options.read(otlp)
  }

  search(filter: Filter): Promise<Page> {
    return attempt(() => this.searcher.page(filter))
  }

  services(): Promise<readonly string[]> {
    return attempt(() => this.tables.operations.services())
  }

  operations(service: string): Promise<readonly Operation[]> {
    return attempt(() => this.tables.operations.of(service))
  }

  dependencies(from: bigint, to: bigint): Promise<readonly Dependency[]> {
    return attempt(() => this.tables.calls.dependencies(from, to))
  }

  retain(retention: Retention, now: number = Date.now()): Promise<number> {
    return this.retainer.retain(retention, now)
  }

  stats(): Promise<StoreStats> {
    const { traces, spans } = this.tables.totals
    return attempt(() => ({ path: this.options.path, traces, spans, bytes: this.bytes() }))
  }

  private bytes(): number {
    const { path } = this.options
    if (path === ':memory:') return pragma(this.database, 'page_count') * pragma(this.database, 'page_size')
    const sizes = ['', '-wal'].map((suffix) => statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async close(): Promise<void> {
    clearTimeout(this.idle)
    while (this.putting !== undefined) await this.putting
    await this.retainer.stop()
    await this.log.close()
    this.writing(() => this.writer.save())
    this.checkpoint()
    this.database.close()
  }
}

const NOTHING: ReadonlyMap<StoredTrace, Made> = new Map()

/** What the engine throws becomes a rejection: the contract is asynchronous, other engines are far away. */
function attempt<Result>(act: () => Result): Promise<Result> {
  return new Promise((resolve) => resolve(act()))
}
