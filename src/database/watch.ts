import { posix } from 'node:path'
import type * as Sqlite from 'node:sqlite'
import { alreadyLoaded, onLoaded } from '../model/loading.ts'
import { watchChannels } from './channels.ts'
import { watchIoredis } from './ioredis.ts'
import { watchMongo } from './mongodb.ts'
import { watchMysql } from './mysql.ts'
import { watchPostgres, type Postgres } from './postgres.ts'
import { watchSqlite, type SqliteDriver } from './sqlite.ts'

/** A part of a driver's package that is watched. */
interface Row {
  /** Its file, as its path ends. */
  readonly file: string
  /** How the package is asked for, where that gives just this part. */
  readonly asked?: string
  readonly watch: (exported: Part) => () => void
}
type Class = SqliteDriver['Database'] & Postgres['Client']
type Part = Class & { readonly default: Class; readonly Connection: Class; readonly ConnectionPool: Class }

const DRIVERS: readonly Row[] = [
  { file: '/pg/lib/client.js', watch: (Client) => watchPostgres({ Client }) },
  { file: '/pg-pool/index.js', asked: 'pg-pool', watch: (Pool) => watchPostgres({ Pool }) },
  { file: '/better-sqlite3/lib/index.js', asked: 'better-sqlite3', watch: (Database) => watchSqlite(betterSqlite(Database)) },
  { file: '/mysql2/lib/base/connection.js', watch: watchMysql },
  { file: '/mysql2/lib/base/pool.js', watch: watchMysql },
  { file: '/ioredis/built/Redis.js', watch: ({ default: Redis }) => watchIoredis(Redis) },
  { file: '/ioredis/built/Pipeline.js', watch: ({ default: Pipeline }) => watchIoredis(Pipeline) },
  { file: '/mongodb/lib/cmap/connection.js', watch: ({ Connection }) => watchMongo(Connection) },
  { file: '/mongodb/lib/cmap/connection_pool.js', watch: ({ ConnectionPool }) => watchMongo(ConnectionPool) },
]

let stop: (() => void) | undefined

/**
 * Makes `db` and `db.pool` phases of the queries of the drivers that this process has loaded or will load: `node:sqlite`, `pg`,
 * `better-sqlite3`, `mongodb` ≥ 6.4, ioredis ≥ 5, and by their own channels mysql2 ≥ 3.24 and redis ≥ 6. A driver that was bundled into the app cannot be found: hand its classes to `watchPostgres`.
 * @returns a function that stops it; a second call while it watches changes nothing and returns the same function
 */
export function watchDatabases(): () => void {
  if (stop !== undefined) return stop
  const sqlite = nodeSqlite()
  const undo = [watchChannels(), ...(sqlite === undefined ? [] : [watchSqlite(sqlite)])]
  const watched = new WeakSet<object>()
  const found = (part: unknown, row: Row): void => {
    if (!isPart(part) || watched.has(part)) return
    try {
      undo.push(row.watch(part))
      watched.add(part)
    } catch {
      // A driver of another make under the same name goes on unwatched; a part that is only half loaded will be asked for again.
    }
  }
  for (const row of DRIVERS) for (const part of alreadyLoaded(row.file)) found(part, row)
  undo.push(
    onLoaded(({ id, parentFilename, result }) => {
      const path = pathOf(id, parentFilename)
      for (const row of DRIVERS) if (id === row.asked || path?.endsWith(row.file) === true) found(result, row)
    }),
  )
  return (stop = () => {
    undo.splice(0).forEach((each) => each())
    stop = undefined
  })
}

function isPart(exported: unknown): exported is Part {
  return typeof exported === 'function' || (typeof exported === 'object' && exported !== null)
}

/** Where the file is that was asked for by its path: a package's own files ask so, and an `import`. */
function pathOf(id: string, parent = ''): string | undefined {
  const path = id.startsWith('.') ? posix.join(posix.dirname(slashes(parent)), id) : slashes(id)
  if (!path.includes('/')) return undefined
  return path.endsWith('.js') ? path : `${path}.js`
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
