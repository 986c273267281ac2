import type { Label } from '../model/label.ts'
import { patch } from './patch.ts'
import { sourceFor, type Source, type Target } from './source.ts'
import { creation, preparation, query, watchMethods, type LabelOf } from './sqlite-methods.ts'

/**
 * SQLite in this process: every call is synchronous and starts nothing, so a query begins and ends its phase without being current.
 * Node's own channel `sqlite.db.query` (26) is no use here: it tells of a query when it is over, with the values in its text,
 * a duration in whole milliseconds, and not of one that failed.
 */
export interface SqliteDriver {
  /** The database's class: `prepare`, `exec` and what else it has. */
  readonly Database: { readonly prototype: object }
  /** The statement's class, where the driver shows it; else it is learnt from the first statement. */
  readonly Statement?: { readonly prototype: object } | undefined
  /** A database's file, if it has one. */
  location(database: object): string | null | undefined
  /** The text of a statement that was prepared before we watched. */
  text(statement: object): string
}

const LABEL = Symbol('phaseline.label')
const UNKNOWN = sourceFor({ system: 'sqlite' })
interface Labelled {
  [LABEL]?: Label
}

/** Watches the queries of every database of this driver, open or not. @returns a function that stops it */
export function watchSqlite(driver: SqliteDriver): () => void {
  const { prototype } = driver.Database
  const undo: (() => void)[] = []
  const watchOnce = once((target: object, label: LabelOf) => undo.push(...watchMethods(target, label)))
  const sources = new WeakMap<object, Source>()
  const sourceOf = (database: object): Source => {
    let source = sources.get(database)
    if (source === undefined) sources.set(database, (source = sourceFor(target(driver, database))))
    return source
  }
  const given: LabelOf = (database, sql) => sourceOf(database).label(textOf(sql))
  const kept: LabelOf = (statement: Labelled) => (statement[LABEL] ??= UNKNOWN.label(driver.text(statement)))
  const prepared = (statement: Labelled, label: Label): void => {
    watchOnce(Object.getPrototypeOf(statement) as object, kept)
    statement[LABEL] = label
  }
  const stored = (store: object, database: object): void => {
    watchOnce(Object.getPrototypeOf(store) as object, given)
    sources.set(store, sourceOf(database))
  }

  if (driver.Statement !== undefined) watchOnce(driver.Statement.prototype, kept)
  undo.push(
    patch(prototype, 'exec', (original) => query(original, given)),
    patch(prototype, 'prepare', (original) => preparation(original, given, prepared)),
    patch(prototype, 'createTagStore', (original) => creation(original, stored)),
  )
  return () => undo.splice(0).forEach((stop) => stop())
}

/** For prototypes that show only with the first object of their kind. */
function once(watch: (target: object, label: LabelOf) => void): typeof watch {
  const watched = new WeakSet<object>()
  return (target, label) => {
    if (watched.has(target)) return
    watched.add(target)
    watch(target, label)
  }
}

/** The text of a query, or of a tagged one: its literal parts, with a parameter between each two. */
function textOf(sql: unknown): string {
  return Array.isArray(sql) ? sql.join('?') : String(sql)
}

/** A file's path, or no namespace: `:memory:` names no database, and a closed one cannot be asked. */
function target(driver: SqliteDriver, database: object): Target {
  try {
    const location = driver.location(database)
    return { system: 'sqlite', namespace: location === ':memory:' ? undefined : (location ?? undefined) }
  } catch {
    return { system: 'sqlite' }
  }
}
