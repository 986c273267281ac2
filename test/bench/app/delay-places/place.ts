import type Express from 'express'
import type { RequestHandler } from 'express'
import type compression from 'compression'
import type session from 'express-session'
import type morgan from 'morgan'
import type pg from 'pg'
import type { Agent as UndiciAgent } from 'undici'

/** The known delay, in ms. */
export const KNOWN = 50

/** The packages, in the copy that the app under test loaded, by `import` or by `require`. */
export interface Packages {
  readonly express: typeof Express
  readonly session: typeof session
  readonly compression: typeof compression
  readonly morgan: typeof morgan
  readonly pg: typeof pg
  readonly undici: { readonly Agent: typeof UndiciAgent; readonly fetch: typeof fetch }
}

/** Servers of the process that measures, which nobody watches: each path of theirs is late in its own way. */
export interface Surroundings {
  readonly slow: number
  readonly slowTls: number
  /** Of a PostgreSQL; empty if there is none. */
  readonly postgres: string
}

/** Late by a known time: whoever is, says how long it really was, by the clock around it. */
export interface Late {
  /** Keeps the thread busy. */
  burn(): void
  /** Does nothing for a while. */
  wait(then: () => unknown): void
  pause(): Promise<void>
  /** It was late by so many ms. */
  was(ms: number): void
}

type App = ReturnType<typeof Express>

/** A place of an app where time can pass, and how an app is put together that is late just there. */
export interface Place {
  readonly where: string
  /** The phase's name that has to have the time. */
  readonly who: string
  /** What is asked for; `/` if not said. */
  readonly path?: string
  /** Who asks does so when the app is busy with its new connection, or says that the request was made a while ago. */
  readonly client?: 'disturbing' | 'queued'
  /** Not on Express 4, which leaves promises alone. */
  readonly only5?: boolean
  readonly put: (app: App, packages: Packages, late: Late, around: Surroundings) => unknown
}

export const page: RequestHandler = (_req, res) => void res.send('page')

/** The same function by a name of its own: phases bear it. */
export const named = <Fn extends object>(name: string, fn: Fn): Fn => Object.defineProperty(fn, 'name', { value: name })
