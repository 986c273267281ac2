import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { PhaselineError } from '../model/errors.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Dependency, Filter, Operation, Page, Retention, Store, StoredTrace, StoreStats } from './contract.ts'
import { isLarge, type Made, makeAhead } from './sqlite/ahead.ts'
import { Engine } from './sqlite/engine.ts'
import { makeFolder } from './sqlite/folder.ts'
import { openDatabase, type Opened, pragma, replaceDatabase } from './sqlite/schema.ts'
import { isBusy, isDamage } from './sqlite/trouble.ts'

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
 * @throws PhaselineError `newer_schema`, `not_ours`, `data_unusable` if it cannot be read or written
 */
export function openSqlite(options: SqliteOptions): Store {
  const { path } = options
  try {
    if (path !== ':memory:') makeFolder(dirname(path))
    return new SqliteStore(options)
  } catch (error) {
    if (error instanceof PhaselineError) throw error
    const message = `${path} cannot be used (${(error as Error).message}); see whose it is, or choose another folder with --data`
    throw new PhaselineError('data_unusable', message, { cause: error })
  }
}

/** Who puts waits so long for another process that writes to the database, ms, and looks so often. */
const PATIENCE = 10_000
const PAUSE = 100
/** A database that was made anew and is damaged so soon is on a disk that makes no other. ms */
const TOO_SOON = 60_000

class SqliteStore implements Store {
  private readonly options: SqliteOptions
  private engine: Engine
  /** When it took the place of one that was damaged, as `performance.now` has it. */
  private renewed = -Infinity
  private isWhole = true
  private isClosing = false
  /** When nothing has come for a while, what is in the write-ahead log goes into the database and the log is emptied. */
  private readonly idle: NodeJS.Timeout
  /** Resolves when all that is to be put is. */
  private putting: Promise<void> | undefined

  constructor(options: SqliteOptions) {
    this.options = options
    this.engine = this.told(openDatabase(options.path, this.make))
    this.idle = setTimeout(() => void this.engine.log.settled().then(() => this.checkpoint()), 1_000).unref()
  }

  private readonly make = (database: DatabaseSync): Engine =>
    new Engine(database, this.options.path, this.options.read, (error) => this.unreadable(error))

  /** Said once. */
  private unreadable(error: unknown): void {
    if (!this.isWhole) return
    this.isWhole = false
    this.options.warn?.(`${this.options.path} is damaged (${(error as Error).message}): lists leave out what cannot be read`)
  }

  private told({ made, warning }: Opened<Engine>): Engine {
    if (warning !== undefined) this.options.warn?.(warning)
    return made
  }

  private checkpoint(): void {
    this.writing(() => this.engine.log.empty())
  }

  /** What nobody waits for may fail. */
  private writing(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.options.warn?.(`${this.options.path} could not be written: ${(error as Error).message}`)
    }
  }

  /** Traces are put in the order in which they came here: those after a large one, or one that has to wait, wait for it. */
  async put(traces: readonly StoredTrace[]): Promise<void> {
    if (this.putting !== undefined || traces.some(isLarge))
      return this.inOrder(async () => this.writeAnyhow(traces, await makeAhead(traces)))
    try {
      this.write(traces, NOTHING)
    } catch (error) {
      return this.inOrder(() => this.writeAnyhow(traces, NOTHING, error))
    }
  }

  private inOrder(act: () => Promise<void>): Promise<void> {
    const put = (this.putting ?? Promise.resolve()).then(act)
    const done = put
      .catch(() => {})
      .finally(() => {
        if (this.putting === done) this.putting = undefined
      })
    this.putting = done
    return put
  }

  private write(traces: readonly StoredTrace[], made: ReadonlyMap<StoredTrace, Made>): void {
    this.engine.writer.put(traces, made)
    this.engine.log.wrote(traces.reduce((sum, { otlp }) => sum + otlp.length, 0))
    this.idle.refresh()
  }

  /** Once more as long as it helps. @param failure of the first time, if there was one */
  private async writeAnyhow(
    traces: readonly StoredTrace[],
    made: ReadonlyMap<StoredTrace, Made>,
    failure?: unknown,
  ): Promise<void> {
    const end = performance.now() + PATIENCE
    for (let error = failure; ;) {
      if (error !== undefined) await this.mend(error, end)
      try {
        return this.write(traces, made)
      } catch (another) {
        error = another
      }
    }
  }

  /** @throws the error if nothing can be done about it */
  private async mend(error: unknown, end: number): Promise<void> {
    if (isDamage(error) || !this.engine.database.isOpen) return this.renew(this.engine, error)
    if (!isBusy(error) || performance.now() > end) throw error
    await sleep(PAUSE)
  }

  /** A database that turns out to be damaged while it is written to is moved aside like one that was when it was opened. @throws the error if it cannot be */
  private async renew(engine: Engine, error: unknown): Promise<void> {
    const { path } = this.options
    if (path === ':memory:' || this.isClosing) throw error
    // The last time it was moved aside, and no new one could be made.
    if (!engine.database.isOpen) return void (this.engine = this.told(openDatabase(path, this.make)))
    if (performance.now() - this.renewed < TOO_SOON) throw error
    this.renewed = performance.now()
    this.isWhole = true
    await engine.stop()
    engine.database.close()
    this.engine = this.told(replaceDatabase(path, this.make, error))
  }

  async otlp(traceId: string): Promise<Uint8Array | undefined> {
    if (!/^[0-9a-f]{32}$/.test(traceId)) return undefined
    const place = this.engine.placeOf(traceId)
    return place && this.engine.tables.chunks.fetch(place)
  }

  async timeline(traceId: string): Promise<Timeline | undefined> {
    const otlp = await this.otlp(traceId)
    return otlp && this.options.read(otlp)
  }

  search(filter: Filter): Promise<Page> {
    return attempt(() => this.engine.searcher.page(filter))
  }

  services(): Promise<readonly string[]> {
    return attempt(() => this.engine.tables.operations.services())
  }

  operations(service: string): Promise<readonly Operation[]> {
    return attempt(() => this.engine.tables.operations.of(service))
  }

  dependencies(from: bigint, to: bigint): Promise<readonly Dependency[]> {
    return attempt(() => this.engine.tables.calls.dependencies(from, to))
  }

  async retain(retention: Retention, now: number = Date.now()): Promise<number> {
    const { engine } = this
    try {
      return await engine.retainer.retain(retention, now)
    } catch (error) {
      if (!isDamage(error)) throw error
      // The oldest would never go, nor what comes after them.
      const { traces } = engine.tables.totals
      await this.inOrder(async () => (engine === this.engine ? this.renew(engine, error) : undefined))
      return traces
    }
  }

  stats(): Promise<StoreStats> {
    const { traces, spans } = this.engine.tables.totals
    return attempt(() => ({ path: this.options.path, traces, spans, bytes: this.bytes() }))
  }

  private bytes(): number {
    const { path } = this.options
    const { database } = this.engine
    if (path === ':memory:') return pragma(database, 'page_count') * pragma(database, 'page_size')
    const sizes = ['', '-wal'].map((suffix) => statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async close(): Promise<void> {
    clearTimeout(this.idle)
    this.isClosing = true
    while (this.putting !== undefined) await this.putting
    await this.engine.stop()
    this.writing(() => this.engine.writer.save())
    this.checkpoint()
    this.engine.database.close()
  }
}

const NOTHING: ReadonlyMap<StoredTrace, Made> = new Map()

/** What the engine throws becomes a rejection: the contract is asynchronous, other engines are far away. */
function attempt<Result>(act: () => Result): Promise<Result> {
  return new Promise((resolve) => resolve(act()))
}
