import { redactUrl } from '../model/redact.ts'
import { CANCELLED } from './names.ts'
import { partsOf } from './phases.ts'
import { randomId, type BrowserSpan } from './span.ts'

/** A request that the browser made. */
export interface Request {
  readonly traceId: string
  readonly spanId: string
  readonly method: string
  readonly url: string
  /** ms since `performance.timeOrigin`. */
  readonly start: number
  readonly end: number
  /** HTTP status code; 0 if there was no answer, or it is not told. */
  readonly status: number
  /** Why there was no answer: `error.type`. */
  readonly failure?: string | undefined
  /** It was given up, by its script or with its page: no failure. */
  readonly cancelled?: boolean
  readonly attributes?: Readonly<Record<string, string>>
  readonly events?: BrowserSpan['events']
}

/** The spans of a request: the whole, and its phases where the browser timed them. */
export function spansOf(request: Request, timing: PerformanceResourceTiming | undefined): BrowserSpan[] {
  const { traceId, spanId, method, start, events = [], failure } = request
  const whole: BrowserSpan = {
    traceId,
    spanId,
    name: method,
    kind: 'CLIENT',
    phase: 'client',
    // Browsers round: its phases are within it all the same.
    start: Math.min(start, timing?.startTime ?? start),
    end: timing?.responseEnd || request.end,
    attributes: attributesOf(request, timing),
    events,
    failure,
  }
  // Of one without an answer Firefox names moments, of what did not happen, too.
  const parts = timing === undefined || (failure !== undefined && request.status === 0) ? [] : partsOf(timing)
  const ids = new Map(parts.map(({ phase }) => [phase, randomId(8)]))
  const inner = parts.map(({ inside, ...part }): BrowserSpan => {
    const own = { traceId, spanId: ids.get(part.phase) as string, kind: 'INTERNAL' as const }
    return { ...part, ...own, parentSpanId: (inside && ids.get(inside)) ?? spanId }
  })
  return [whole, ...inner]
}

function attributesOf(
  request: Request,
  timing: PerformanceResourceTiming | undefined,
): Record<string, string | number | boolean> {
  const { method, url, status, cancelled, attributes } = request
  const { origin, pathname, search, hostname, port, protocol } = new URL(url)
  const [, version] = /^(?:h|http\/)([\d.]+)/.exec(timing?.nextHopProtocol ?? '') ?? []
  return {
    'http.request.method': method === 'HTTP' ? '_OTHER' : method,
    'url.full': redactUrl(origin, pathname + search),
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    ...(status > 0 && { 'http.response.status_code': status }),
    ...(version !== undefined && { 'network.protocol.version': version }),
    ...(timing && timing.encodedBodySize > 0 && { 'http.response.body.size': timing.encodedBodySize }),
    ...(cancelled && { [CANCELLED]: true }),
    ...attributes,
  }
}
