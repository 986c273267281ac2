import { AsyncLocalStorage } from 'node:async_hooks'
import { isPromise, type Maybe } from './maybe.ts'
import type { Atomic } from './settings.ts'
import { requestFinished, requestStarted } from './signals.ts'

/** How a driver begins and ends a transaction on a connection of its own. */
export interface TransactionSteps<Connection> {
  /** Takes a connection and begins: `const client = await pool.connect(); await client.query('BEGIN')`. */
  begin(): Maybe<Connection>
  /** Commits, and gives the connection back. */
  commit(connection: Connection): Maybe<void>
  /** Rolls back, and gives the connection back. */
  rollback(connection: Connection): Maybe<void>
}

/** What `settings.atomicRequests` takes; models ask it for the connection of the request they run in. */
export interface Transactions<Connection> extends Atomic {
  /** The connection with the transaction; undefined outside of one. */
  current(): Connection | undefined
}

/**
 * A transaction around each call, on a connection of its own: requests that run at the same time never share one. Commits when
 * what the call gave has settled, rolls back when it raises; what it raised comes out, also if rolling back fails.
 */
export function transactions<Connection>(steps: TransactionSteps<Connection>): Transactions<Connection> {
  const connections = new AsyncLocalStorage<Connection>()
  const atomic = async <T>(call: () => Maybe<T>): Promise<T> => {
    const connection = await steps.begin()
    let value: T
    try {
      value = await connections.run(connection, call)
    } catch (error) {
      await quietly(() => steps.rollback(connection))
      throw error
    }
    await steps.commit(connection)
    return value
  }
  return Object.assign(atomic, { current: () => connections.getStore() })
}

/**
 * Calls `close` when a request starts and when one has finished, as Django closes connections that are too old or broken. It
 * decides itself which are: `close` must leave alone what other requests are using. A failure of it is nobody's problem but its own.
 * @param sender the application; by default all
 * @returns a function that stops it
 */
export function closeOldConnections(close: () => Maybe<void>, sender?: unknown): () => void {
  const stops = [
    requestStarted.connect(() => quietly(close), { sender }),
    requestFinished.connect(() => quietly(close), { sender }),
  ]
  return () => stops.forEach((stop) => stop())
}

/** What fails while tidying up is no failure of the request. */
function quietly(call: () => Maybe<void>): Maybe<void> {
  try {
    const done = call()
    return isPromise(done) ? done.catch(() => {}) : done
  } catch {
    // Whoever asks next will notice.
  }
}
