import { label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { continuing } from './continuing.ts'
import { patch, type Method } from './patch.ts'
import { settling } from './settling.ts'
import { sourceFor, type Source, type Target } from './source.ts'

/** What of the `pg` package is watched (https://node-postgres.com), version 8. */
export interface Postgres {
  readonly Client?: { readonly prototype: object } | undefined
  readonly Pool?: { readonly prototype: object } | undefined
}

interface Client {
  readonly database?: string
  readonly host?: string
  readonly port?: number
  readonly connection?: { readonly parsedStatements?: Readonly<Record<string, string>> }
}

/** A query of somebody's own making (pg-cursor, pg-query-stream, pg.Query): the client tells it when it is over. */
interface Submittable extends Partial<Record<(typeof ANSWERS)[number] | 'handleReadyForQuery' | 'handleError', Method>> {
  submit: unknown
}

/** What else the client tells it, each where it is needed. Listeners to its rows and its end are called from these. */
const ANSWERS = [
  'handleRowDescription',
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleCopyInResponse',
  'handleCopyData',
] as const

/** Watches the queries of every client, and the waiting for every pool. @returns a function that stops it */
export function watchPostgres({ Client, Pool }: Postgres): () => void {
  const sources = new WeakMap<object, Source>()
  const sourceOf = (client: Client): Source => {
    let source = sources.get(client)
    if (source === undefined) sources.set(client, (source = sourceFor(target(client))))
    return source
  }
  const undo = [
    Client && patch(Client.prototype, 'query', (original) => query(original, sourceOf)),
    Pool && patch(Pool.prototype, 'connect', poolWait),
  ]
  return () => undo.forEach((stop) => stop?.())
}

function target({ database, host, port }: Client): Target {
  return { system: 'postgresql', namespace: database, address: host, port }
}

function query(original: Method, sourceOf: (client: Client) => Source): Method {
  return function (this: Client, ...args: unknown[]): unknown {
    const parent = observer.current()
    const sql = parent === undefined ? undefined : textOf(args[0], this)
    const phase = sql === undefined ? undefined : observer.begin(sourceOf(this).label(sql), parent)
    if (parent === undefined || phase === undefined) return original.apply(this, args)
    const heard = listen(args, parent, phase)
    try {
      const result = original.apply(this, args) as unknown
      if (heard) return result
      return settling(
        result as Promise<unknown>,
        (answer) => returned(phase, answer),
        (error) => failed(phase, error),
      )
    } catch (error) {
      failed(phase, error)
      throw error
    }
  }
}

/** The text of a query in any of its forms; a prepared one may be called by its name alone. */
function textOf(config: unknown, client: Client): string | undefined {
  if (typeof config === 'string') return config
  if (typeof config !== 'object' || config === null) return undefined
  const { text, cursor, name } = config as { text?: unknown; cursor?: { text?: unknown }; name?: unknown }
  const given = text ?? cursor?.text ?? client.connection?.parsedStatements?.[String(name)]
  return typeof given === 'string' ? given : ''
}

/** Puts our ears where the answer will come to. @returns false if it will come as a promise */
function listen(args: unknown[], parent: Phase, phase: Phase): boolean {
  const [config] = args
  if (typeof (config as Submittable).submit === 'function') {
    submitted(config as Submittable, parent, phase)
    return true
  }
  const at = args.findIndex((arg, index) => index > 0 && typeof arg === 'function')
  if (at > 0) {
    args[at] = answered(args[at] as Method, parent, phase)
    return true
  }
  const { callback } = config as { callback?: Method }
  if (typeof callback !== 'function') return false
  args[0] = Object.assign(Object.create(Object.getPrototypeOf(config) as object | null) as object, config, {
    callback: answered(callback, parent, phase),
  })
  return true
}

function answered(callback: Method, parent: Phase, phase: Phase): Method {
  const go = continuing(parent, callback)
  return function (this: unknown, ...args: unknown[]): unknown {
    const [error, result] = args
    if (error) failed(phase, error)
    else returned(phase, result)
    return go.apply(this, args) as unknown
  }
}

function submitted(query: Submittable, parent: Phase, phase: Phase): void {
  for (const name of ANSWERS) {
    const handler = query[name]
    if (typeof handler === 'function') query[name] = continuing(parent, handler)
  }
  const { handleReadyForQuery, handleError } = query
  query.handleReadyForQuery = function (this: unknown, ...args: unknown[]): unknown {
    phase.end()
    return handleReadyForQuery && (observer.run(parent, handleReadyForQuery, this, ...args) as unknown)
  }
  query.handleError = function (this: unknown, ...args: unknown[]): unknown {
    failed(phase, args[0])
    return handleError && (observer.run(parent, handleError, this, ...args) as unknown)
  }
}

function returned(phase: Phase, result: unknown): void {
  const results = (Array.isArray(result) ? result : [result]) as ({ rows?: unknown[] } | undefined)[]
  phase.set(
    'db.response.returned_rows',
    results.reduce((sum, one) => sum + (one?.rows?.length ?? 0), 0),
  )
  phase.end()
}

const SQLSTATE = /^[0-9A-Z]{5}$/

function failed(phase: Phase, error: unknown): void {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code === 'string' && SQLSTATE.test(code)) phase.set('db.response.status_code', code)
  phase.fail(error)
  phase.end()
}

const POOL = label('db.pool', 'db pool wait', { 'db.system.name': 'postgresql' })

/** A connection asked for → given, or refused; with a new connection, its making too. */
function poolWait(original: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const parent = observer.current()
    const phase = parent === undefined ? undefined : observer.begin(POOL, parent)
    if (parent === undefined || phase === undefined) return original.apply(this, args)
    const [callback] = args
    if (typeof callback !== 'function') {
      return settling(
        original.apply(this, args) as Promise<unknown>,
        () => phase.end(),
        (error) => failed(phase, error),
      )
    }
    const go = continuing(parent, callback as Method)
    return original.call(this, function (this: unknown, ...given: unknown[]): unknown {
      if (given[0]) failed(phase, given[0])
      else phase.end()
      return go.apply(this, given) as unknown
    }) as unknown
  }
}
