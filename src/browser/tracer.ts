import { formatTraceparent } from '../model/traceparent.ts'
import type { Calls } from './calls.ts'
import { randomId } from './span.ts'

/** A request of a script that is under way. */
export interface Call {
  /** The header to be sent with it; none where it must not be. */
  readonly traceparent: string | undefined
  /** @param status HTTP status code */
  answered(status: number): void
  /** @param type what went wrong: `AbortError` */
  failed(type: string | undefined): void
}

/** Which requests are recorded, and which of them are told. */
export interface Tracing {
  readonly sampled: boolean
  /** Origins besides the page's own that are sent a `traceparent`: they must allow the header (CORS). */
  readonly propagateTo: readonly string[]
}

/** The methods of RFC 9110, and PATCH: another may be anything. */
const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)$/

/** Begins the span of each request of the page's scripts: a trace of its own, whose spans the server's hang under. */
export class Tracer {
  private readonly tracing: Tracing
  private readonly calls: Calls

  constructor(tracing: Tracing, calls: Calls) {
    this.tracing = tracing
    this.calls = calls
  }

  /** @returns undefined for what is nobody's business. @throws TypeError if the address is none */
  begin(method: string, address: string | URL): Call | undefined {
    const { sampled, propagateTo } = this.tracing
    const { href, origin, protocol } = new URL(address, document.baseURI)
    if (!protocol.startsWith('http')) return undefined
    const [traceId, spanId] = [randomId(16), randomId(8)]
    const told = origin === location.origin || propagateTo.includes(origin)
    const upper = method.toUpperCase()
    const own = {
      traceId,
      spanId,
      url: href.split('#')[0] as string,
      method: METHOD.test(upper) ? upper : 'HTTP',
      start: performance.now(),
    }
    const end = (status: number, failure?: string): void => {
      if (sampled) this.calls.answered({ ...own, end: performance.now(), status, failure })
    }
    return {
      traceparent: told ? formatTraceparent(traceId, spanId, sampled) : undefined,
      answered: (status) => end(status, status >= 400 ? String(status) : undefined),
      failed: (type = 'Error') => end(0, type),
    }
  }
}
