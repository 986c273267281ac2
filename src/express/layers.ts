import { knownOf, type Known } from './known.ts'
import { patch, type Method } from './patch.ts'
import { ABOUT, isRouter, JOURNEY, type Layer, type Next, type Request, type Response, type Route, type Router } from './shape.ts'

/** What is told of a mounted router before it is entered for the first time: it may be of a make that we have not met. */
type Meet = (router: Router) => void

/** Watches all layers of routers of one kind. @param layer their prototype, of Express 4 or of router 2 */
export function watchLayers(layer: object, meet: Meet): void {
  for (const name of ['handleRequest', 'handle_request']) patch(layer, name, requests(meet))
  for (const name of ['handleError', 'handle_error']) patch(layer, name, errors)
}

const requests =
  (meet: Meet) =>
  (original: Method): Method =>
    function (this: Layer, req: Request, res: Response, next: Next): unknown {
      const journey = req[JOURNEY]
      if (journey === undefined || journey.over) return original.call(this, req, res, next)
      const known = this[ABOUT]?.known ?? learn(this, req, journey.router, meet)
      if (known.kind === 'handler') return original.call(known.standIn, req, res, next)
      if (known.kind === 'route') journey.enterRoute(known, req)
      else if (known.kind === 'router') journey.mounting = known
      return original.call(this, req, res, next)
    }

const errors = (original: Method): Method =>
  function (this: Layer, error: unknown, req: Request, res: Response, next: Next): unknown {
    const journey = req[JOURNEY]
    if (journey === undefined || journey.over || this.handle.length !== 4) return original.call(this, error, req, res, next)
    const known = this[ABOUT]?.known ?? learn(this, req, journey.router)
    return original.call(known.standIn, error, req, res, next)
  }

function learn(layer: Layer, req: Request, router: Router, meet?: Meet): Known {
  if (isRouter(layer.handle)) meet?.(layer.handle)
  return knownOf(layer, () => within(layer, req, router))
}

/** Where a layer is registered: in the route that is running, which Express keeps on the request, or in the router. */
function within(layer: Layer, req: Request, router: Router): Router | Route {
  const { route } = req as { route?: Route }
  return route?.stack.includes(layer) === true ? route : router
}
