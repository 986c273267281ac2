import type { IncomingMessage, ServerResponse } from 'node:http'
import { Server, type Socket } from 'node:net'
import { gatewayOf, setGateway } from '../model/gateway.ts'
import { likeness } from '../model/likeness.ts'
import { observed, observer, type Phase } from '../model/observer.ts'
import { isUnwatched } from '../model/unwatched.ts'
import { accepted, secured } from './accept.ts'
import { begin } from './begin.ts'
import { endWithResponse } from './close.ts'
import { isStream, takeStream, watchStreams } from './http2-stream.ts'
import { watchHeads } from './respond.ts'
import { endWithUpgrade } from './stream.ts'

type Emit = (this: object, event: string | symbol, ...args: unknown[]) => boolean
interface Emitter {
  emit: Emit
}

/** The events that hand a request to the app; with `upgrade` comes a socket and no response. */
const REQUESTS: ReadonlySet<string | symbol> = new Set(['request', 'checkContinue', 'checkExpectation', 'upgrade'])

let watching: (() => void) | undefined

/**
 * Watches every HTTP server in this process, also those that exist already: each request is a `gateway` phase, and the app
 * runs inside it. The servers of node:http, node:https and node:http2 all descend from node:net's. @returns undo
 */
export function watchServers(): () => void {
  if (watching !== undefined) return watching
  const undo = [watchEmit(Server.prototype), ...overlaid().map(watchOverlay), watchHeads(), watchStreams()]
  return (watching = () => {
    for (const back of undo.toReversed()) back()
    watching = undefined
  })
}

/** Puts the app's listeners into the phase: whoever they are, and however often they are replaced, `emit` calls them. */
function watchEmit(prototype: Emitter): () => void {
  return replaceEmit(prototype, (emit) => {
    return function (this: object, event, ...args) {
      const phase = observed() ? phaseOf(this, event, args) : undefined
      if (phase === undefined) return Reflect.apply(emit, this, [event, ...args])
      return observer.run(phase, emit, this, event, ...args)
    }
  })
}

/** The classes that somebody else who traces has given an `emit` of their own, over net's, before we came: what we put there is not seen. */
function overlaid(): Emitter[] {
  const http: Emitter = process.getBuiltinModule('node:http').Server.prototype
  if (!Object.hasOwn(http, 'emit')) return []
  const https: Emitter = process.getBuiltinModule('node:https').Server.prototype
  return Object.hasOwn(https, 'emit') ? [http, https] : [http]
}

/** Theirs is called as before, and calls net's, of which ours is part, inside the span that it has made. */
function watchOverlay(prototype: Emitter): () => void {
  const ours = (Server.prototype as Emitter).emit
  return replaceEmit(prototype, (emit) => {
    return function (this: object, event, ...args) {
      if (!observed()) return Reflect.apply(emit, this, [event, ...args])
      if (REQUESTS.has(event)) return Reflect.apply(emit, inPlaceOf(this, event, ours), [event, ...args])
      phaseOf(this, event, args)
      return Reflect.apply(emit, this, [event, ...args])
    }
  })
}

/** The same server with one listener to this event: by the time it is called, they have done what they do before the app. */
function inPlaceOf(server: object, event: string | symbol, emit: Emit): object {
  const listener = (...args: unknown[]): void => void Reflect.apply(emit, server, [event, ...args])
  return Object.create(server, { _events: { value: { [event]: listener } } }) as object
}

function replaceEmit(prototype: Emitter, wrap: (emit: Emit) => Emit): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit')
  const { emit } = prototype
  prototype.emit = likeness(wrap(emit), emit)
  return () => {
    if (own === undefined) delete (prototype as Partial<Emitter>).emit
    else Object.defineProperty(prototype, 'emit', own)
  }
}

/** The phase that the listeners of an event are called in, if it hands a request over. */
function phaseOf(server: object, event: string | symbol, args: unknown[]): Phase | undefined {
  if (event === 'connection') accepted(args[0] as Socket)
  else if (event === 'secureConnection') secured(args[0] as Socket)
  else if (REQUESTS.has(event)) return isUnwatched(server) ? undefined : taken(args[0], args[1])
  else if (event === 'stream' && isStream(server, args[0])) return isUnwatched(server) ? undefined : takeStream(args[0], args[1])
  return undefined
}

/**
 * The phase of a request that has just been taken; undefined if it has one, or if this is no request (a server of some other
 * protocol may have events of these names).
 */
function taken(request: unknown, other: unknown): Phase | undefined {
  if (!isRequest(request) || gatewayOf(request) !== undefined) return undefined
  try {
    const phase = begin(request)
    if (isResponse(other)) endWithResponse(other)
    else endWithUpgrade(request, other as Socket, phase)
    setGateway(request, phase)
    return phase
  } catch {
    // A request that we do not understand goes on unwatched.
    return undefined
  }
}

function isRequest(thing: unknown): thing is IncomingMessage {
  return typeof thing === 'object' && thing !== null && typeof (thing as Partial<IncomingMessage>).headers === 'object'
}

function isResponse(thing: unknown): thing is ServerResponse {
  return typeof (thing as Partial<ServerResponse> | undefined)?.writeHead === 'function'
}
