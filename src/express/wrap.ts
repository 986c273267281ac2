import { once } from './patch.ts'
import { watchResponse } from './response.ts'
import { watchRouter } from './routers.ts'
import { isRouter, type Router } from './shape.ts'
import { learnOwnCalls, placeLayers } from './site.ts'
import { watchLoaded } from './watch.ts'

/** An app of Express 4 or 5, or a router: anything they make. */
type App = object

interface ExpressApp {
  response: object
  handle: (...args: unknown[]) => unknown
  use: (...args: unknown[]) => unknown
  route: (...args: unknown[]) => unknown
  /** Express 4; not there before the first layer is. */
  _router?: Router
  /** Express 5; reading it makes it, with the settings of that moment. */
  router: Router
}

/**
 * Watches an Express app, before or after its layers are registered: every middleware, router, route, handler, error handler
 * and `res.render` becomes a phase of the requests that somebody records.
 * @param app an app of Express 4 or 5, bundled or not, or a router of router 2
 * @returns the same app
 */
export function wrap<Wrapped extends App>(app: Wrapped): Wrapped {
  try {
    watchLoaded()
    if (isRouter(app)) watchRouter(app)
    else if (isApp(app)) watchApp(app)
  } catch {
    // An app that we do not understand goes on unwatched.
  }
  return app
}

function isApp(app: unknown): app is ExpressApp {
  const { handle, use, response } = Object(app) as Partial<ExpressApp>
  return typeof handle === 'function' && typeof use === 'function' && typeof response === 'object'
}

/** An Express that was not loaded by name is known by what the app is made of, as soon as there is a layer to look at. */
function watchApp(app: ExpressApp): void {
  once(expressResponse(app.response), watchResponse)
  learnOwnCalls(app)
  for (const name of ['use', 'route', 'handle'] as const) {
    const original = app[name]
    app[name] = function (...args) {
      app[name] = original
      if (name === 'handle') look(app)
      const result: unknown = Reflect.apply(original, this, args)
      if (name !== 'handle') look(app)
      // The layers of this first call came before their router was watched.
      if (name === 'use') place(app, args)
      return result
    }
  }
}

/** By now Express has made the router itself, or is about to. */
function look(app: ExpressApp): void {
  const router = routerOf(app)
  if (!isRouter(router)) return
  watchRouter(router)
  learnOwnCalls(router)
}

function place(app: ExpressApp, args: readonly unknown[]): void {
  const router = routerOf(app)
  if (isRouter(router)) placeLayers(router, args)
}

function routerOf(app: ExpressApp): Router | undefined {
  return Object.hasOwn(app, '_router') ? app._router : app.router
}

/** The object that the responses of all apps inherit from; between it and an app's own may be those of the apps it is mounted in. */
function expressResponse(response: object): object {
  let found = response
  while (!Object.hasOwn(found, 'send')) found = Object.getPrototypeOf(found) as object
  return found
}
