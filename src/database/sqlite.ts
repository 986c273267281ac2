import { now } from '../model/clock.ts'
import type { Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { patch, type Method } from './patch.ts'
import { Source } from './source.ts'

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
interface Labelled {
  [LABEL]?: Label
}

/** Watches the queries of every database of this driver, open or not. @returns a function that stops it */
export function watchSqlite(driver: SqliteDriver): () => void {
  const sources = new WeakMap<object, Source>()
  const unknown = new Source({ system: 'sqlite' })
  const undo: (() => void)[] = []
  let statements = driver.Statement?.prototype

  const sourceOf = (database: object): Source => {
    let source = sources.get(database)
    if (source === undefined) {
      source = new Source({ system: 'sqlite', namespace: namespace(() => driver.location(database)) })
      sources.set(database, source)
    }
    return source
  }
  const labelOf = (statement: Labelled): Label => (statement[LABEL] ??= unknown.label(driver.text(statement)))
  const watchStatements = (prototype: object): void => {
    statements = prototype
    for (const [name, rows] of METHODS) undo.push(patch(prototype, name, (original) => query(original, labelOf, rows)))
    undo.push(patch(prototype, 'iterate', (original) => iteration(original, labelOf)))
  }

  if (statements !== undefined) watchStatements(statements)
  undo.push(
    patch(driver.Database.prototype, 'exec', (original) =>
      query(original, (database, sql) => sourceOf(database).label(String(sql)), none),
    ),
    patch(driver.Database.prototype, 'prepare', (original) =>
      preparation(
        original,
        (database, sql) => sourceOf(database).label(sql),
        (statement, label) => {
          if (statements === undefined) watchStatements(Object.getPrototypeOf(statement) as object)
          statement[LABEL] = label
        },
      ),
    ),
  )
  return () => undo.splice(0).forEach((stop) => stop())
}

type RowsOf = (result: unknown) => number | undefined
const none: RowsOf = () => undefined
const METHODS: readonly (readonly [string, RowsOf])[] = [
  ['all', (rows) => (rows as unknown[]).length],
  ['get', (row) => (row === undefined ? 0 : 1)],
  ['run', none],
]

/** A file's name, or nothing: `:memory:` names no database, and a closed one cannot be asked. */
function namespace(ask: () => string | null | undefined): string | undefined {
  try {
    const location = ask()
    return location === ':memory:' ? undefined : (location ?? undefined)
  } catch {
    return undefined
  }
}

function query(original: Method, labelOf: (self: object, sql: unknown) => Label, rowsOf: RowsOf): Method {
  return function (this: object, ...args: unknown[]): unknown {
    if (observer.current() === undefined) return original.apply(this, args)
    const phase = observer.begin(labelOf(this, args[0]))
    if (phase === undefined) return original.apply(this, args)
    try {
      const result = original.apply(this, args) as unknown
      const rows = rowsOf(result)
      if (rows !== undefined) phase.set('db.response.returned_rows', rows)
      return result
    } catch (error) {
      failed(phase, error)
      throw error
    } finally {
      phase.end()
    }
  }
}

/** What is wrong with a query's text shows when it is prepared: only then is that a phase. */
function preparation(
  original: Method,
  labelOf: (database: object, sql: string) => Label,
  prepared: (statement: Labelled, label: Label) => void,
): Method {
  return function (this: object, ...args: unknown[]): unknown {
    const from = now()
    let statement
    try {
      statement = original.apply(this, args) as Labelled
    } catch (error) {
      const phase = typeof args[0] === 'string' ? observer.begin(labelOf(this, args[0]), undefined, from) : undefined
      if (phase !== undefined) failed(phase, error)
      phase?.end()
      throw error
    }
    prepared(statement, labelOf(this, String(args[0])))
    return statement
  }
}

/** From the call to the last row, or to where the reader stops. */
function iteration(original: Method, labelOf: (statement: object) => Label): Method {
  return function (this: object, ...args: unknown[]): unknown {
    const phase = observer.begin(labelOf(this))
    if (phase === undefined) return original.apply(this, args)
    let rows: Iterator<unknown>
    try {
      rows = original.apply(this, args) as Iterator<unknown>
    } catch (error) {
      failed(phase, error)
      phase.end()
      throw error
    }
    return counted(rows, phase)
  }
}

function counted(rows: Iterator<unknown>, phase: Phase): Iterator<unknown> {
  const { next, return: stop } = rows as unknown as { next: Method; return?: Method }
  let count = 0
  const over = (): void => {
    phase.set('db.response.returned_rows', count)
    phase.end()
  }
  rows.next = (...args) => {
    try {
      const step = next.apply(rows, args) as IteratorResult<unknown>
      if (step.done === true) over()
      else count++
      return step
    } catch (error) {
      failed(phase, error)
      phase.end()
      throw error
    }
  }
  rows.return = (...args) => {
    over()
    return stop === undefined ? { done: true, value: undefined } : (stop.apply(rows, args) as IteratorResult<unknown>)
  }
  return rows
}

/** SQLite's result code (https://www.sqlite.org/rescode.html): a number from Node, its name from better-sqlite3. */
function failed(phase: Phase, error: unknown): void {
  const { errcode, code } = error as { errcode?: number; code?: string }
  const status = errcode ?? code
  if (status !== undefined) phase.set('db.response.status_code', String(status))
  phase.fail(error)
}
