import { ServerResponse } from 'node:http'
import { gatewayOf } from '../model/gateway.ts'
import { label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'

const RESPOND = label('respond', 'respond')
const OWN = Symbol('phaseline.respond')

interface Responding {
  [OWN]?: Phase | undefined
}

/** The `respond` phase of a response, once its head is written. */
export function respondOf(response: ServerResponse): Phase | undefined {
  return (response as Responding)[OWN]
}

/** Watches when a head is written: every way to a head in node:http leads through `writeHead`. @returns undo */
export function watchHeads(): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the response it is asked of
  const { writeHead } = ServerResponse.prototype
  ServerResponse.prototype.writeHead = function (this: ServerResponse & Responding, ...args: unknown[]) {
    const result: unknown = Reflect.apply(writeHead, this, args)
    const phase = gatewayOf(this.req)
    if (phase !== undefined && this[OWN] === undefined) this[OWN] = observer.begin(RESPOND, phase)
    return result as typeof this
  }
  return () => {
    ServerResponse.prototype.writeHead = writeHead
  }
}
