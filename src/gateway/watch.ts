import { Server, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gatewayOf, setGateway } from '../model/gateway.ts'
import { observed, observer } from '../model/observer.ts'
import { isUnwatched } from '../model/unwatched.ts'
import { accepted } from './accept.ts'
import { begin } from './begin.ts'
import { watchHeads } from './respond.ts'

type Emit = (this: object, event: string, ...args: unknown[]) => boolean
interface Emitter {
  emit: Emit
}

/** The events that hand a request to the app. */
const REQUESTS: ReadonlySet<string> = new Set(['request', 'checkContinue', 'checkExpectation'])

let watching: (() => void) | undefined

/**
 * Watches every server of node:http and node:https in this process, also those that exist already: each request is a
 * `gateway` phase, and the app runs inside it. @returns undo
 */
export function watchServers(): () => void {
  if (watching !== undefined) return watching
  const undo = [watchEmit(Server.prototype), watchHeads()]
  return (watching = () => {
    for (const back of undo) back()
    watching = undefined
  })
}

/** Puts the app's listeners into the phase: whoever they are, and however often they are replaced, `emit` calls them. */
function watchEmit(prototype: Emitter): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit')
  const { emit } = prototype
  prototype.emit = function (this: object, event, ...args) {
    if (event === 'connection' && observed()) accepted(args[0] as Socket)
    if (!REQUESTS.has(event) || !observed() || isUnwatched(this)) return Reflect.apply(emit, this, [event, ...args])
    const [request, response] = args as [IncomingMessage, ServerResponse]
    if (gatewayOf(request) !== undefined) return emit.call(this, event, request, response)
    const phase = begin(request, response)
    setGateway(request, phase)
    return observer.run(phase, emit, this, event, request, response)
  }
  return () => {
    if (own === undefined) delete (prototype as Partial<Emitter>).emit
    else Object.defineProperty(prototype, 'emit', own)
  }
}
