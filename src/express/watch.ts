import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { once, unpatch } from './patch.ts'
import { watchResponse } from './response.ts'
import { watchRouter } from './routers.ts'
import { isRouter, type Router } from './shape.ts'

/** What the package `express` exports, as far as we need it. */
interface Express {
  Router: () => Router & { use(fn: () => void): unknown; route(path: string): unknown }
  response: object
}

/** Node's own channel (its documentation: "Modules"). An ES module that imports Express comes through it, too. */
const REQUIRED = 'tracing:module.require:end'
/** What `express/index.js` asks for, in 4 and 5, whatever name or path the package itself was asked for by. */
const EXPRESS = './lib/express'

let stop: (() => void) | undefined

/**
 * Makes phases of what the Express apps of this process do: every Express 4 and 5 that it has loaded or will load, and every
 * router 2 used in them. An Express bundled into the app cannot be found: `wrap(app)` for that.
 * @returns a function that stops it; a second call while it watches changes nothing and returns the same function
 */
export function watchExpress(): () => void {
  if (stop !== undefined) return stop
  const listener = (message: unknown): void => {
    const { id, result } = message as { id: string; result?: unknown }
    if (id === EXPRESS) watchModule(result)
  }
  subscribe(REQUIRED, listener)
  watchLoaded()
  return (stop = () => {
    unsubscribe(REQUIRED, listener)
    unpatch()
    stop = undefined
  })
}

/** Every Express that was loaded by now. */
export function watchLoaded(): void {
  const { cache } = createRequire(import.meta.url)
  for (const path of Object.keys(cache)) if (/[\\/]lib[\\/]express\.js$/.test(path)) watchModule(cache[path]?.exports)
}

/** @param exported whatever is called like Express; nothing happens if it is not */
function watchModule(exported: unknown): void {
  try {
    if (isExpress(exported)) once(exported, watchThrough)
  } catch {
    // Something that looks like Express and is another: the app goes on unwatched.
  }
}

function watchThrough(express: object): void {
  const { Router, response } = express as Express
  const probe = Router()
  probe.use(() => {})
  probe.route('/')
  watchRouter(probe)
  once(response, watchResponse)
}

function isExpress(exported: unknown): exported is Express & object {
  const { Router, response } = Object(exported) as Partial<Express>
  return typeof exported === 'function' && typeof Router === 'function' && typeof response === 'object' && isRouter(Router())
}
