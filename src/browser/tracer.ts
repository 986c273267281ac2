import { formatTraceparent } from '../model/traceparent.ts'
import type { Calls } from './calls.ts'
import { quietly } from './quietly.ts'
import { randomId } from './span.ts'

/** A request of a script that is under way. None of this throws. */
export interface Call {
  /** The header to be sent with it; none where it must not be. */
  readonly traceparent: string | undefined
  /** @param status HTTP status code; 0 if it is not told */
  answered(status: number): void
  /**
   * @param type what went wrong: `AbortError`
   * @returns whether the header may be why: another request for the address goes without it
   */
  failed(type: string | undefined): boolean
}

/** Which requests are recorded, and which of them are told. */
export interface Tracing {
  readonly sampled: boolean
  /** Origins besides the page's own that are sent a `traceparent`: they must allow the header (CORS). */
  readonly propagateTo: readonly string[]
}

/** The methods of RFC 9110, and PATCH: another may be anything. */
const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/
/** What fetch and XMLHttpRequest say of a request that its own script gave up. */
const GIVEN_UP = /^abort/i
/** What they say where the network, or a policy, was in the way. */
const NETWORK = /^(?:TypeError|NetworkError|error)$/
/** So many addresses are known by how they took the header. */
const MOST = 100

export interface Tracer {
  /** @returns undefined for what is nobody's business, or no address */
  begin(method: string, address: string | URL): Call | undefined
  /** What fails from now on fails because the page is left. */
  leave(): void
  /** Somebody may have kept what was put in the place of `fetch`. */
  close(): void
}

/** Begins the span of each request of the page's scripts: a trace of its own, whose spans the server's hang under. */
export function tracerOf({ sampled, propagateTo }: Tracing, calls: Pick<Calls, 'begin'>): Tracer {
  /**
   * Addresses that failed with the header, and whether it is left out there since. A site's own address that redirects to another
   * site fails with it where that one does not allow it (https://fetch.spec.whatwg.org/#cors-preflight-fetch), and not without.
   */
  const refusing = new Map<string, boolean>()
  let [left, closed] = [false, false]

  const call = (method: string, { href, origin, pathname, protocol }: URL): Call | undefined => {
    if (closed || !protocol.startsWith('http')) return undefined
    const [traceId, spanId, place] = [randomId(16), randomId(8), origin + pathname]
    // In a sandbox the page's own site is not that of its address.
    const told = (origin === globalThis.origin || propagateTo.includes(origin)) && !refusing.get(place)
    const begun = { traceId, spanId, url: href.split('#')[0] as string, method: METHOD.test(method) ? method : 'HTTP' }
    const end = sampled ? calls.begin({ ...begun, start: performance.now() }) : () => {}
    return {
      traceparent: told ? formatTraceparent(traceId, spanId, sampled) : undefined,
      answered: (status) => quietly(() => end({ status, failure: status >= 400 ? String(status) : undefined })),
      failed: (type = 'Error') => {
        const cancelled = GIVEN_UP.test(type)
        quietly(() => end({ status: 0, cancelled, failure: cancelled ? undefined : type }))
        if (!NETWORK.test(type)) return false
        const first = told && !left && !refusing.has(place) && refusing.size < MOST
        // It is left out next, and not any more if that did not help.
        if (first || refusing.get(place)) refusing.set(place, first)
        return first
      },
    }
  }
  return {
    begin(method, address) {
      try {
        return call(method.toUpperCase(), new URL(address, document.baseURI))
      } catch {
        // What is wrong with it, the page's own call will say.
        return undefined
      }
    },
    leave: () => void (left = true),
    close: () => void (closed = true),
  }
}
