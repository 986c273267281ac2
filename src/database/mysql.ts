import { observer, type Phase } from '../model/observer.ts'
import { over } from './channels.ts'
import { continuing } from './continuing.ts'
import { patch, type Method } from './patch.ts'
import { sourceFor, type Source } from './source.ts'

/** `query` and `execute` of connections and pools, and `getConnection` of pools: what takes a callback. */
const METHODS = ['query', 'execute', 'getConnection'] as const

/** What a query without a callback is: it tells its rows, its error and its end as events. */
interface Query {
  emit: Method
  listenerCount(event: string): number
}

interface Statement {
  readonly query: string
  readonly _connection: {
    readonly config: { readonly database?: string; readonly host?: string; readonly port?: number; readonly socketPath?: string }
  }
}

/**
 * mysql2 tells of its queries itself (`channels.ts`), but not which request they are of: a query that waited for a connection is
 * made by the code of the request that gave it back, and its answer comes where the connection was opened. So callbacks and
 * listeners go on in the request that asked; with them the queries of pools, which wait by callback too. It does not tell of the
 * executions of a statement that somebody prepared.
 * @param exported the class of connections, or that of pools @returns a function that stops it
 */
export function watchMysql(exported: { readonly prototype: object }): () => void {
  const undo = METHODS.map((name) => patch(exported.prototype, name, keepingContext))
  undo.push(patch(exported.prototype, 'prepare', (original) => preparing(original, undo)))
  return () => undo.splice(0).forEach((stop) => stop())
}

function keepingContext(original: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const parent = observer.current()
    if (parent === undefined) return original.apply(this, args) as unknown
    if (continuingLast(args, parent)) return original.apply(this, args) as unknown
    const heard = isQuery(args[0]) ? args[0].listenerCount('error') : 0
    const made = original.apply(this, args) as unknown
    if (isQuery(made)) listening(made, parent, made.listenerCount('error') - heard)
    return made
  }
}

/** @returns whether the last argument is a callback */
function continuingLast(args: unknown[], parent: Phase): boolean {
  const callback: unknown = args.at(-1)
  if (typeof callback === 'function') args[args.length - 1] = continuing(parent, callback as Method)
  return typeof callback === 'function'
}

function isQuery(made: unknown): made is Query {
  return typeof (made as Partial<Query> | undefined)?.emit === 'function'
}

/**
 * @param added how many listeners to its error mysql2 has only because its channel is listened to: where there are no others,
 * nobody handles the error, and the app has to hear of it as ever
 */
function listening(query: Query, parent: Phase, added: number): void {
  const { emit } = query
  query.emit = function (this: Query, ...args: unknown[]): unknown {
    const unheard = args[0] === 'error' && added > 0 && this.listenerCount('error') <= added
    const answer = observer.run(parent, emit, this, ...args) as unknown
    if (unheard) throw args[1]
    return answer
  }
}

/** The class of statements shows with the first of them. */
function preparing(original: Method, undo: (() => void)[]): Method {
  const watched = new WeakSet<object>()
  return function (this: unknown, ...args: unknown[]): unknown {
    const callback: unknown = args.at(-1)
    if (typeof callback !== 'function') return original.apply(this, args) as unknown
    args[args.length - 1] = (...answer: unknown[]): unknown => {
      const [, statement] = answer
      const prototype = statement ? (Object.getPrototypeOf(statement) as object) : undefined
      if (prototype !== undefined && !watched.has(prototype)) {
        watched.add(prototype)
        undo.push(patch(prototype, 'execute', executing))
      }
      return (callback as Method).apply(undefined, answer) as unknown
    }
    const parent = observer.current()
    if (parent !== undefined) continuingLast(args, parent)
    return original.apply(this, args) as unknown
  }
}

function executing(original: Method): Method {
  return function (this: Statement, ...args: unknown[]): unknown {
    const parent = observer.current()
    const callback: unknown = args.at(-1)
    if (parent === undefined || typeof callback !== 'function') return original.apply(this, args) as unknown
    const phase = observer.begin(sourceOf(this).label(this.query), parent)
    args[args.length - 1] = continuing(parent, function (this: unknown, ...answer: unknown[]): unknown {
      const [error, result] = answer
      over(phase, { query: true, error, result })
      return (callback as Method).apply(this, answer) as unknown
    })
    return original.apply(this, args) as unknown
  }
}

function sourceOf({ _connection: { config } }: Statement): Source {
  const { database, host = 'localhost', port = 3306, socketPath } = config
  return sourceFor({ system: 'mysql', namespace: database, address: socketPath ?? host, port: socketPath ? undefined : port })
}
