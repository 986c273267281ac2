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

/** A response without an end of its own (server-sent events): with its first byte the request is over, its life is no latency. */
export interface Stream {
  /** When the first byte left, in ms of `now()`; undefined: it has not yet. */
  since: number | undefined
  /** Who ends phases of the request then. */
  begun: ((at: number) => void) | undefined
}

const STREAM = Symbol.for('phaseline.stream')

interface Streaming {
  [STREAM]?: Stream | undefined
}

/** Remembers that this response, whose head is written, is such a stream. */
export function setStream(response: object, stream: Stream): void {
  ;(response as Streaming)[STREAM] = stream
}

/** What is known of this response as a stream; undefined: it is none, or nobody watches the server. */
export function streamOf(response: object): Stream | undefined {
  return (response as Streaming)[STREAM]
}

/** By method, then by route: joining the two for every request would cost more than looking twice. */
const known = new Map<string, Map<string, Label>>()
const LIMIT = 2_000

/** The `gateway` label of a method and a route pattern: `GET /books/:id`, with `http.route`. Routes are few; the oldest goes first. */
function routeLabel(method: string, route: string): Label {
  let routes = known.get(method)
  if (routes === undefined) {
    if (known.size >= 20) known.clear()
    known.set(method, (routes = new Map()))
  }
  let found = routes.get(route)
  if (found === undefined) {
    if (routes.size >= LIMIT) routes.delete(routes.keys().next().value as string)
    routes.set(route, (found = label('gateway', `${method} ${route}`, { 'http.request.method': method, 'http.route': route })))
  }
  return found
}

/** Names the request's `gateway` phase after its route, once it is known. @param route the pattern, mounts included, never the raw path */
export function nameRoute(request: object, method: string, route: string): void {
  gatewayOf(request)?.relabel(routeLabel(method, route))
}
