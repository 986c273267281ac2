import { now } from '../model/clock.ts'
import { streamOf } from '../model/gateway.ts'
import { likeness } from '../model/likeness.ts'
import { ANSWERING, override, reach, type Answering } from './chain.ts'
import type { Journey } from './journey.ts'
import { replace, type Method } from './patch.ts'
import { watchRender } from './render.ts'
import { JOURNEY, type Response } from './shape.ts'

/**
 * Watches Express's `response`, from which the responses of all its apps inherit. In the place of `end`, `write` and `writeHead`
 * come accessors, so that a layer which puts its own there is known, and with it whose time is spent in them.
 */
export function watchResponse(response: object): void {
  const parent = Object.getPrototypeOf(response) as Record<string, Method>
  for (const name of ANSWERING) {
    const own = likeness(ownMethod(name, parent), parent[name] as Method)
    replace(response, name, {
      enumerable: false,
      get(this: Response): Method {
        const journey = this.req?.[JOURNEY]
        if (journey === undefined) return parent[name] as Method
        return journey.chains?.[name].call ?? own
      },
      set(this: Response, method: Method) {
        const journey = this.req?.[JOURNEY]
        if (journey !== undefined) override(journey, name, method, own)
        else Object.defineProperty(this, name, { value: method, writable: true, enumerable: true, configurable: true })
      },
    })
  }
  replace(response, 'flushHeaders', { writable: true, enumerable: false, value: flushHeaders(parent) })
  watchRender(response)
}

/** Node's method with word of it: the innermost of the chain. */
function ownMethod(name: Answering, parent: Record<string, Method>): Method {
  return function (this: Response, first: unknown, second: unknown, third: unknown): unknown {
    const method = parent[name] as Method
    const journey = this.req?.[JOURNEY]
    if (journey === undefined || journey.over) return method.call(this, first, second, third)
    if (journey.chains !== undefined) reach(journey, journey.chains[name], now())
    if (name === 'end') journey.answer(now())
    else if (name === 'write') journey.stream()
    const result: unknown = method.call(this, first, second, third)
    if (name === 'end') journey.sent(now(), this)
    else if (name === 'write') detach(journey, this)
    if (name !== 'end' && journey.chains !== undefined) journey.returned = now()
    return result
  }
}

/** From the first byte of server-sent events on the request is over, whatever the layer still waits for. */
function detach(journey: Journey, res: Response): void {
  if (journey.answered) return
  const stream = streamOf(res)
  if (stream?.since !== undefined) journey.streamed(stream.since)
  else if (stream !== undefined) stream.begun = (at) => journey.streamed(at)
}

function flushHeaders(parent: Record<string, Method>): Method {
  return function flushHeaders(this: Response): unknown {
    const journey = this.req?.[JOURNEY]
    if (journey === undefined || journey.over) return (parent['flushHeaders'] as Method).call(this)
    journey.stream()
    const result: unknown = (parent['flushHeaders'] as Method).call(this)
    detach(journey, this)
    return result
  }
}
