import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Timeline } from '../../model/timeline.ts'
import { Calls } from './calls.ts'
import { Checkpointer } from './checkpoint.ts'
import { Chunks, type Place } from './chunks.ts'
import { Columns } from './columns.ts'
import { TermIndex } from './index.ts'
import { Operations } from './operations.ts'
import { Retainer } from './retention.ts'
import { Searcher } from './search.ts'
import { Texts } from './texts.ts'
import { Totals } from './totals.ts'
import { type Tables, Writer } from './writer.ts'

/** Nothing else is done while SQLite waits for another process, so not long: who puts waits longer, and lets others have their turn. ms */
const PATIENCE = 200

/** A database that is open, and who reads from it and writes to it. */
export class Engine {
  readonly database: DatabaseSync
  readonly tables: Tables
  readonly writer: Writer
  readonly searcher: Searcher
  readonly retainer: Retainer
  readonly log: Checkpointer
  private readonly place: StatementSync

  /** @param read makes a timeline of what was put @param onDamage told of what a search had to leave out */
  constructor(database: DatabaseSync, path: string, read: (otlp: Uint8Array) => Timeline, onDamage: (error: unknown) => void) {
    this.database = database
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
    this.writer = new Writer(database, this.tables, read)
    this.searcher = new Searcher(database, this.tables, onDamage)
    this.log = new Checkpointer(database, path)
    this.retainer = new Retainer(database, { ...this.tables, log: this.log })
    this.place = database.prepare('SELECT chunk, at, length FROM trace WHERE id = ?')
    database.exec(`PRAGMA busy_timeout = ${PATIENCE}`)
  }

  /** Where the bytes of a trace are. @param traceId 32 hexadecimal digits */
  placeOf(traceId: string): Place | undefined {
    return this.place.get(Buffer.from(traceId, 'hex')) as Place | undefined
  }

  /** Nothing runs on its own any more; the database is still open. */
  async stop(): Promise<void> {
    await this.retainer.stop()
    await this.log.close()
  }
}
