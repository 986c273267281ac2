import { now } from '../model/clock.ts'
import type { Label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { patch, type Method } from './patch.ts'

/** The label of a call: `self` is a database, a statement or a store of tagged queries, `sql` its first argument. */
export type LabelOf = (self: object, sql: unknown) => Label

type RowsOf = (result: unknown) => number | undefined
const none: RowsOf = () => undefined
const METHODS: readonly (readonly [string, RowsOf])[] = [
  ['all', (rows) => (rows as unknown[]).length],
  ['get', (row) => (row === undefined ? 0 : 1)],
  ['run', none],
]

/** Wraps what a statement, or a store of tagged ones, can be asked. */
export function watchMethods(prototype: object, labelOf: LabelOf): (() => void)[] {
  const watched = METHODS.map(([name, rows]) => patch(prototype, name, (original) => query(original, labelOf, rows)))
  return [...watched, patch(prototype, 'iterate', (original) => iteration(original, labelOf))]
}

/** A call that is a query, whole. */
export function query(original: Method, labelOf: LabelOf, rowsOf: RowsOf = none): Method {
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

/** A store of tagged queries: `sql.all`SELECT …``. */
export function creation(original: Method, stored: (store: object, database: object) => void): Method {
  return function (this: object, ...args: unknown[]): unknown {
    const store = original.apply(this, args) as object
    stored(store, this)
    return store
  }
}

/** What is wrong with a query's text shows when it is prepared: only then is that a phase. */
export function preparation(original: Method, labelOf: LabelOf, prepared: (statement: object, label: Label) => void): Method {
  return function (this: object, ...args: unknown[]): unknown {
    const from = now()
    let statement
    try {
      statement = original.apply(this, args) as object
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
function iteration(original: Method, labelOf: LabelOf): Method {
  return function (this: object, ...args: unknown[]): unknown {
    const phase = observer.begin(labelOf(this, args[0]))
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
