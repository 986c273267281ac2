import { label, type Label } from './label.ts'
import type { Phase } from './observer.ts'

/**
 * The `gateway` phase of a request, kept on the request itself, so that whoever learns the route later (the resolver, Express)
 * can name it without knowing who watches the server.
 */
const GATEWAY = Symbol.for('phaseline.gateway')

interface Watched {
  [GATEWAY]?: Phase | undefined
}

/** Remembers the phase of this request; undefined forgets it. */
export function setGateway(request: object, phase: Phase | undefined): void {
  ;(request as Watched)[GATEWAY] = phase
}

/** The phase of this request as a whole, if somebody watches the server that took it. */
export function gatewayOf(request: object): Phase | undefined {
  return (request as Watched)[GATEWAY]
}

const known = new Map<string, Label>()
const LIMIT = 2_000

/** The `gateway` label of a method and a route pattern: `GET /books/:id`, with `http.route`. Routes are few; the oldest goes first. */
function routeLabel(method: string, route: string): Label {
  const name = `${method} ${route}`
  let found = known.get(name)
  if (found === undefined) {
    if (known.size >= LIMIT) known.delete(known.keys().next().value as string)
    known.set(name, (found = label('gateway', name, { 'http.request.method': method, 'http.route': route })))
  }
  return found
}

/** Names the request's `gateway` phase after its route, once it is known. @param route the pattern, mounts included, never the raw path */
export function nameRoute(request: object, method: string, route: string): void {
  gatewayOf(request)?.relabel(routeLabel(method, route))
}
