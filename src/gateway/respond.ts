import { ServerResponse } from 'node:http'
import { gatewayOf } from '../model/gateway.ts'
import { label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { withTiming } from './server-timing.ts'

const RESPOND = label('respond', 'respond')
const OWN = Symbol('phaseline.respond')

interface Responding {
  [OWN]?: Phase | undefined
}

/** The `respond` phase of a response, once its head is written. */
export function respondOf(response: ServerResponse): Phase | undefined {
  return (response as Responding)[OWN]
}

type Heads = Pick<ServerResponse, 'writeHead'>
const watched = new Map<object, () => void>()

/** Watches when heads are written. @returns undo */
export function watchHeads(): () => void {
  watch(ServerResponse.prototype)
  return () => {
    for (const undo of watched.values()) undo()
    watched.clear()
  }
}

/** node:http2 has a class of its own for responses, which is known from the first of them: loading it for that would cost. */
export function watchHeadsOf(response: ServerResponse): void {
  if (!(response instanceof ServerResponse)) watch(Object.getPrototypeOf(response) as Heads)
}

/** Every way to a head leads through `writeHead`, in node:http and in node:http2. */
function watch(prototype: Heads): void {
  if (watched.has(prototype)) return
  // oxlint-disable-next-line typescript/unbound-method -- called with the response it is asked of
  const { writeHead } = prototype
  prototype.writeHead = function (this: ServerResponse & Responding, ...args: unknown[]) {
    const result: unknown = Reflect.apply(writeHead, this, withTiming(this, args))
    const phase = gatewayOf(this.req)
    if (phase !== undefined && this[OWN] === undefined) this[OWN] = observer.begin(RESPOND, phase)
    return result as typeof this
  }
  watched.set(prototype, () => {
    prototype.writeHead = writeHead
  })
}
