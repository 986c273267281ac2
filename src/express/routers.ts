import { now } from '../model/clock.ts'
import { gatewayOf } from '../model/gateway.ts'
import { label } from '../model/label.ts'
import { observer } from '../model/observer.ts'
import { Journey } from './journey.ts'
import { watchLayers } from './layers.ts'
import { observeParams } from './params.ts'
import { once, patch, type Method } from './patch.ts'
import { aboutOf, JOURNEY, type Next, type Request, type Response, type Router } from './shape.ts'
import { watchRegistration, watchRoutes } from './site.ts'

const HANDLER = label('handler', 'handler', { 'express.type': 'app' })

/** Watches all routers of the same kind as this one, and their layers and routes. */
export function watchRouter(router: Router): void {
  once(ownerOf(router, 'handle'), (prototype) => {
    patch(prototype, 'handle', handling)
    watchRegistration(prototype)
    watchParts(sample(prototype))
  })
  watchParts(router)
}

/** A layer and a route of this kind, made aside: what a route's handlers are registered with is to be watched before the first is. */
function sample(prototype: object): Pick<Router, 'stack'> {
  const aside: Pick<Router, 'stack'> = { stack: [] }
  try {
    ;(prototype as { route(this: object, path: string): unknown }).route.call(aside, '/')
  } catch {
    // A router of another make: its parts are watched when they are there.
  }
  return aside
}

function watchParts(router: Pick<Router, 'stack'>): void {
  const [layer] = router.stack
  if (layer !== undefined) once(Object.getPrototypeOf(layer) as object, (prototype) => watchLayers(prototype, watchRouter))
  const route = router.stack.find((each) => each.route !== undefined)?.route
  if (route !== undefined) once(Object.getPrototypeOf(route) as object, watchRoutes)
}

/** What all routers of this kind have their method from; a router may have one of its own over it, as those that dd-trace watches. */
function ownerOf(router: object, name: string): object {
  let owner = Object.getPrototypeOf(router) as object | null
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object | null
  return owner ?? router
}

const handling = (original: Method): Method =>
  function (this: Router, req: Request, res: Response, out?: Next): unknown {
    const journey = req[JOURNEY]
    if (journey?.over === true || typeof out !== 'function') return original.call(this, req, res, out)
    if (journey === undefined) return start(original, this, req, res, out)
    learn(this)
    const leave = journey.enterRouter(this, req)
    return original.call(this, req, res, (error: unknown) => {
      leave(error)
      return out(error)
    })
  }

/** A request comes into an app: whoever took it has left its phase on it, if it is to be recorded. */
function start(original: Method, router: Router, req: Request, res: Response, out: Next): unknown {
  const gateway = gatewayOf(req)
  const at = now()
  const handler = gateway?.recording === true ? observer.begin(HANDLER, observer.current() ?? gateway, at) : undefined
  if (gateway === undefined || handler === undefined) return original.call(router, req, res, out)
  const awaits = learn(router)
  const journey = new Journey(gateway, handler, router, req, at, awaits)
  req[JOURNEY] = journey
  try {
    return original.call(router, req, res, (error: unknown) => {
      if (!journey.over) journey.left(error)
      return out(error)
    })
  } finally {
    journey.returnedFromApp(res)
  }
}

const LEARNT = Symbol('phaseline.express.learnt')

/** What has to be known of a router before it runs, once it has layers. @returns whether it waits for its handlers' promises */
function learn(router: Router & { [LEARNT]?: boolean }): boolean {
  if (router[LEARNT] !== undefined) return router[LEARNT]
  const [layer] = router.stack
  if (layer === undefined) return false
  watchRouter(router)
  observeParams(router)
  for (const each of router.stack) aboutOf(each)
  return (router[LEARNT] = 'handleRequest' in layer)
}
