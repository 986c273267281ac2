import type * as Sqlite from 'node:sqlite'
import { alreadyLoaded, onLoaded } from '../model/loading.ts'
import { watchChannels } from './channels.ts'
import { watchPostgres, type Postgres } from './postgres.ts'
import { watchSqlite, type SqliteDriver } from './sqlite.ts'

/** A class of a driver's package, and where it comes from. */
interface Row {
  readonly file: string
  /** How `by`, a file of the package, asks for it; without `by`, how anybody does. */
  readonly asked: string
  readonly by?: string
  readonly watch: (exported: Class) => () => void
}
type Class = SqliteDriver['Database'] & Postgres['Client']

const DRIVERS: readonly Row[] = [
  { file: '/pg/lib/client.js', asked: './client', by: '/pg/lib/index.js', watch: (Client) => watchPostgres({ Client }) },
  { file: '/pg-pool/index.js', asked: 'pg-pool', watch: (Pool) => watchPostgres({ Pool }) },
  { file: '/better-sqlite3/lib/index.js', asked: 'better-sqlite3', watch: (Database) => watchSqlite(betterSqlite(Database)) },
]

let stop: (() => void) | undefined

/**
 * Makes `db` and `db.pool` phases of the queries of the drivers that this process has loaded or will load: `node:sqlite`, `pg`,
 * `better-sqlite3`, and by their own channels mysql2 ≥ 3.24, redis ≥ 6 and ioredis ≥ 6. A driver that was bundled into the app cannot be found: hand its classes to `watchPostgres`.
 * @returns a function that stops it; a second call while it watches changes nothing and returns the same function
 */
export function watchDatabases(): () => void {
  if (stop !== undefined) return stop
  const sqlite = nodeSqlite()
  const undo = [watchChannels(), ...(sqlite === undefined ? [] : [watchSqlite(sqlite)])]
  const watched = new WeakSet<object>()
  const found = (part: unknown, row: Row): void => {
    if (typeof part !== 'function' || watched.has(part)) return
    watched.add(part)
    try {
      undo.push(row.watch(part))
    } catch {
      // A driver of another make under the same name: it goes on unwatched.
    }
  }
  for (const row of DRIVERS) for (const part of alreadyLoaded(row.file)) found(part, row)
  undo.push(
    onLoaded(({ id, parentFilename, result }) => {
      for (const row of DRIVERS) if (asks(row, id, parentFilename)) found(result, row)
    }),
  )
  return (stop = () => {
    undo.splice(0).forEach((each) => each())
    stop = undefined
  })
}

/** An `import` asks with the file's path. */
function asks({ file, asked, by }: Row, id: string, parent = ''): boolean {
  if (id === asked) return by === undefined || slashes(parent).endsWith(by)
  return id.length > asked.length && slashes(id).endsWith(file)
}

const slashes = (path: string): string => path.replaceAll('\\', '/')

/**
 * Loaded at once, because nothing tells when an ES module imports a part of Node; measured: 0.2 ms. Where SQLite is still
 * experimental (Node 22), that would print a warning in an app that may not even use it.
 */
function nodeSqlite(): SqliteDriver | undefined {
  const said = Object.getOwnPropertyDescriptor(process, 'emitWarning') as PropertyDescriptor
  process.emitWarning = () => {}
  try {
    const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined
    return (
      sqlite && {
        Database: sqlite.DatabaseSync,
        Statement: sqlite.StatementSync,
        location: (database) => (database as Sqlite.DatabaseSync).location(),
        text: (statement) => (statement as Sqlite.StatementSync).sourceSQL,
      }
    )
  } catch {
    return undefined
  } finally {
    Object.defineProperty(process, 'emitWarning', said)
  }
}

function betterSqlite(Database: Class): SqliteDriver {
  return {
    Database,
    location: (database) => (database as { name?: string }).name,
    text: (statement) => (statement as { source: string }).source,
  }
}
