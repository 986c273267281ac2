import type { ServerResponse as HttpResponse } from 'node:http'
import { gatewayOf } from '../model/gateway.ts'
import { label } from '../model/label.ts'
import { likeness } from '../model/likeness.ts'
import { observer, type Phase } from '../model/observer.ts'
import { answeredWith } from './attributes.ts'
import { withTiming } from './server-timing.ts'
import { isEndless, streamed, endWithFirstByte } from './stream.ts'

/** Not imported: what an ES module imports of node:http, all of it is asked for, and that loads undici: 22 ms and 6 MB of every start. */
const ServerResponse: typeof HttpResponse = process.getBuiltinModule('node:http').ServerResponse
type ServerResponse = HttpResponse

const RESPOND = label('respond', 'respond')
const OWN: unique symbol = Symbol('phaseline.respond')

interface Responding {
  [OWN]?: Phase | undefined
}

/** The `respond` phase of a response, once its head is written. */
export function respondOf(response: object): Phase | undefined {
  return (response as Responding)[OWN]
}

/** The first byte of a stream has left. */
function answered(response: ServerResponse & Responding, phase: Phase, at: number): void {
  answeredWith(phase, response.statusCode)
  response[OWN]?.end(at)
  streamed(response, phase, at)
}

/** The head of a response, or of a stream of node:http2, is written. @returns whether it was not yet */
export function headWritten(response: object, phase: Phase): boolean {
  const responding = response as Responding
  if (responding[OWN] !== undefined) return false
  responding[OWN] = observer.begin(RESPOND, phase)
  return true
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
  const watching = function (this: ServerResponse & Responding, ...args: unknown[]) {
    const result: unknown = Reflect.apply(writeHead, this, withTiming(this, args))
    const phase = gatewayOf(this.req)
    if (phase !== undefined && headWritten(this, phase) && phase.recording && isEndless(this, args))
      endWithFirstByte(this, (at) => answered(this, phase, at))
    return result as typeof this
  }
  prototype.writeHead = likeness(watching, writeHead)
  watched.set(prototype, () => {
    prototype.writeHead = writeHead
  })
}
