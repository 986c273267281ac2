import { alreadyLoaded, onLoaded } from '../model/loading.ts'
import { once, unpatch } from './patch.ts'
import { watchResponse } from './response.ts'
import { watchRouter } from './routers.ts'
import { isRouter, type Router } from './shape.ts'

/** What the package `express` exports, as far as we need it. */
interface Express {
  Router: () => Router & { use(fn: () => void): unknown; route(path: string): unknown }
  response: object
}

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
  const deaf = onLoaded(({ id, result }) => {
    if (id === EXPRESS) watchModule(result)
  })
  watchLoaded()
  return (stop = () => {
    deaf()
    unpatch()
    stop = undefined
  })
}

/** Every Express that was loaded by now. */
export function watchLoaded(): void {
  for (const exported of alreadyLoaded('/lib/express.js')) watchModule(exported)
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
