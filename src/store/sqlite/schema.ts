import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PhaselineError } from '../../model/errors.ts'
import { isDamage } from './trouble.ts'

/** Raised with every change of the tables that older code could not read. */
const VERSION = 5
/** "PHAS": marks the file as ours (SQLite's application_id). */
const MARK = 0x50484153

const BOUNDS = `CREATE TABLE bounds (block INTEGER PRIMARY KEY, leastStart REAL NOT NULL, mostStart REAL NOT NULL,
    leastDuration REAL NOT NULL, mostDuration REAL NOT NULL);`

const NAMES = 'CREATE TABLE names (block INTEGER PRIMARY KEY, bits BLOB NOT NULL);'

const TOTAL = `CREATE TABLE total (traces INTEGER NOT NULL, spans INTEGER NOT NULL);
  INSERT INTO total SELECT count(*), coalesce(sum(spans), 0) FROM trace;
  DELETE FROM chunk_use WHERE traces <= 0;
  CREATE TABLE filling (indexed INTEGER NOT NULL); INSERT INTO filling VALUES (0);`

const SIEVE = 'CREATE TABLE sieve (block INTEGER PRIMARY KEY, bits BLOB NOT NULL);'

/** What makes a database of a version one of the next. A block that has no bounds, no names, or no sieve, is looked into. */
const UPGRADES: Readonly<Record<number, string>> = { 1: BOUNDS, 2: NAMES, 3: TOTAL, 4: SIEVE }

/**
 * One row per trace: its line in lists, and where its spans are, which are kept as received, compressed with their neighbours. What can be searched is in `posting`: for each
 * block of 1,024 traces and each term (a hash of `service=shop`, …) which of them have it; `times` has their times, `bounds` the least and the most of them, `names` which texts are in a block, `sieve` which terms are not. It is written once per block, in
 * the order of its key, and so takes four bytes a span. Up to which row the block that is being filled has been written too is in `filling`; how much there is in `total`.
 */
const TABLES = `
  CREATE TABLE trace (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL, received INTEGER NOT NULL, start INTEGER NOT NULL, duration INTEGER NOT NULL,
    spans INTEGER NOT NULL, summary BLOB NOT NULL, chunk INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL);
  CREATE UNIQUE INDEX trace_id ON trace (id);
  CREATE TABLE chunk (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
  CREATE TABLE chunk_use (id INTEGER PRIMARY KEY, traces INTEGER NOT NULL);
  CREATE TABLE posting (block INTEGER NOT NULL, term INTEGER NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (block, term)) WITHOUT ROWID;
  CREATE TABLE times (block INTEGER PRIMARY KEY, starts BLOB NOT NULL, durations BLOB NOT NULL);
  ${BOUNDS}
  ${NAMES}
  ${TOTAL}
  ${SIEVE}
  CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE operation (service TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (service, name, kind)) WITHOUT ROWID;
  CREATE TABLE call (hour INTEGER NOT NULL, parent TEXT NOT NULL, child TEXT NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (hour, parent, child)) WITHOUT ROWID;
`

/** WAL and NORMAL: what is committed survives the end of the process; pages of 8 KiB hold a trace without overflow. */
const SETTINGS = `
  PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -24576;
  PRAGMA wal_autocheckpoint = 8000; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;
`

/** What was made of an open database, and a sentence for people if the one that was there had to be moved aside. */
export interface Opened<Made> {
  readonly made: Made
  readonly warning?: string
}

/**
 * Opens or makes the database. One that is damaged is renamed and a new one made.
 * @param make what is to be made of it; damage that it comes upon counts
 * @throws PhaselineError `newer_schema` if a newer Phaseline wrote it, `not_ours` if somebody else did
 */
export function openDatabase<Made>(path: string, make: (database: DatabaseSync) => Made): Opened<Made> {
  try {
    return { made: open(path, make) }
  } catch (error) {
    if (path === ':memory:' || !isDamage(error)) throw error
    return replaceDatabase(path, make, error)
  }
}

/** Renames a database that is damaged, with what nobody has open any more, and makes a new one. @param error what showed the damage */
export function replaceDatabase<Made>(path: string, make: (database: DatabaseSync) => Made, error: unknown): Opened<Made> {
  const aside = moveAside(path)
  const warning = `${path} is damaged (${(error as Error).message}); it was moved to ${aside} and a new one was made`
  return { made: open(path, make), warning }
}

function open<Made>(path: string, make: (database: DatabaseSync) => Made): Made {
  const database = new DatabaseSync(path)
  try {
    database.exec(SETTINGS)
    prepare(database, path)
    return make(database)
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, path: string): void {
  const version = pragma(database, 'user_version')
  const mark = pragma(database, 'application_id')
  if (version > VERSION)
    throw new PhaselineError(
      'newer_schema',
      `${path} was written by a newer Phaseline (schema ${version}, this one knows ${VERSION}); update Phaseline or choose another --data folder`,
    )
  if (mark === MARK) {
    for (let from = version; from < VERSION; from++)
      database.exec(`BEGIN; ${UPGRADES[from] ?? ''} PRAGMA user_version = ${from + 1}; COMMIT`)
    return check(database)
  }
  if (pragma(database, 'schema_version') > 0)
    throw new PhaselineError('not_ours', `${path} is a database of something else; choose another --data folder`)
  database.exec(`BEGIN; ${TABLES} PRAGMA application_id = ${MARK}; PRAGMA user_version = ${VERSION}; COMMIT`)
}

/** Reads both ends of every table: damage that a crash of the disk leaves shows here or as an error later, and a full check takes minutes. */
function check(database: DatabaseSync): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[]
  const ends = tables.map(({ name }) => `SELECT * FROM ${name} LIMIT 1`)
  for (const sql of [...ends, 'SELECT * FROM trace ORDER BY seq DESC LIMIT 1']) {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    statement.get()
  }
}

function moveAside(path: string): string {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  return aside
}

/** A setting or a number of SQLite's. */
export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}

/** All that `act` does, or nothing of it if it throws. */
export function transaction(database: DatabaseSync, act: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    act()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
