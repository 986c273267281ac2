import { observer } from '../model/observer.ts'
import { continuing } from './continuing.ts'
import { patch, type Method } from './patch.ts'

/** `query` and `execute` of connections and pools, and `getConnection` of pools: what takes a callback. */
const METHODS = ['query', 'execute', 'getConnection'] as const

/**
 * mysql2 tells of its queries itself (`channels.ts`), but not which request they are of: a query that waited for a connection is
 * made by the code of the request that gave it back, and its answer comes where the connection was opened. So callbacks go on in
 * the request that asked; with them the queries of pools, which wait by callback too.
 * @param exported the class of connections, or that of pools @returns a function that stops it
 */
export function watchMysql(exported: { readonly prototype: object }): () => void {
  const undo = METHODS.map((name) => patch(exported.prototype, name, keepingContext))
  return () => undo.forEach((stop) => stop())
}

function keepingContext(original: Method): Method {
  return function (this: unknown, ...args: unknown[]): unknown {
    const parent = observer.current()
    const callback: unknown = args.at(-1)
    if (parent !== undefined && typeof callback === 'function') args[args.length - 1] = continuing(parent, callback as Method)
    return original.apply(this, args) as unknown
  }
}
