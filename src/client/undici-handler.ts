import { AsyncResource } from 'node:async_hooks'
import { observer, type Phase } from '../model/observer.ts'

type Method = (...args: unknown[]) => unknown

/** Each copy of undici keeps a request's handler under a symbol of its own. */
const symbols: symbol[] = []

function symbolOf(request: object): symbol | undefined {
  const known = symbols.find((symbol) => symbol in request)
  if (known !== undefined) return known
  const found = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler')
  if (found !== undefined) symbols.push(found)
  return found
}

/**
 * The phase that asked for a request. Versions 6 and 7 make one that waited for a pool's connection in the context of the one that
 * gave it back, but `request`, `stream` and `pipeline` have handlers that remember.
 */
export function askerOf(request: object): Phase | undefined {
  const symbol = symbolOf(request)
  const handler = symbol && (request as Record<symbol, unknown>)[symbol]
  return handler instanceof AsyncResource ? handler.runInAsyncScope(() => observer.current()) : observer.current()
}

/**
 * Lets a request's handler go on in the phase that asked, where undici calls it in the context of the connection, that is of
 * whichever request opened it: what it makes of the answer (another try, the next hop of a redirect, what an interceptor of the
 * app's own does) is part of this phase.
 */
export function continuingHandler(request: object, asker: Phase): void {
  const symbol = symbolOf(request)
  if (symbol === undefined) return
  const place = request as Record<symbol, object>
  const handler = place[symbol]
  if (typeof handler !== 'object' || handler === null) return
  // Its methods are called on itself, since it may have private fields; it is not the proxy's target, since it may be frozen.
  place[symbol] = new Proxy(
    {},
    {
      has: (_target, key) => key in handler,
      get(_target, key) {
        const value: unknown = Reflect.get(handler, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => observer.run(asker, value as Method, handler, ...args)
      },
    },
  )
}
