import type { PhaseId } from '../model/phases.ts'

/** One phase of a request as the browser timed it, ms since `performance.timeOrigin`; `inside` the phase with that id, else the request. */
export interface Part {
  readonly name: string
  readonly phase?: PhaseId
  readonly inside?: PhaseId
  readonly start: number
  readonly end: number
}

/**
 * The phases of a request. What did not happen has none: a connection that was kept open has no lookup, no connect and no
 * handshake. Of another site's answer, unless it sends `Timing-Allow-Origin`, a browser tells but the start and the end.
 * https://www.w3.org/TR/resource-timing/#attribute-descriptions
 */
export function partsOf(timing: PerformanceResourceTiming): Part[] {
  // Not `requestStart`: WebKit rounds to 1 ms, and a page's own request may begin in the first half of it.
  if (timing.responseStart === 0) return []
  const { startTime, redirectStart, redirectEnd, responseEnd } = timing
  // The head itself, not the `103 Early Hints` before it, in browsers that tell them apart.
  const { finalResponseHeadersStart } = timing as { finalResponseHeadersStart?: number }
  const fetchStart = within(startTime, timing.fetchStart, responseEnd)
  const requestStart = within(fetchStart, timing.requestStart, responseEnd)
  const responseStart = within(requestStart, finalResponseHeadersStart || timing.responseStart, responseEnd)
  return [
    ...only(redirectEnd > redirectStart, { name: 'redirect', start: redirectStart, end: redirectEnd }),
    { name: 'wait for connection', phase: 'client.wait', start: fetchStart, end: requestStart },
    ...connection(timing, (time) => within(fetchStart, time, requestStart)),
    { name: 'wait for response', phase: 'client.ttfb', start: requestStart, end: responseStart },
    { name: 'receive response', phase: 'client.receive', start: responseStart, end: responseEnd },
  ]
}

/** Firefox tells when a connection that it opened ahead began; the request's wait for it did not begin before the request. */
function within(low: number, time: number, high: number): number {
  return Math.min(Math.max(low, time), high)
}

function only(happened: boolean, part: Part): Part[] {
  return happened ? [part] : []
}

/** Browsers round to 0.1 ms: to connect to one's own machine may have taken nothing, beside the handshake that shows that it was. */
function connection(timing: PerformanceResourceTiming, during: (time: number) => number): Part[] {
  const { hostname, host } = new URL(timing.name)
  const inside = 'client.wait'
  const [lookup, found] = [during(timing.domainLookupStart), during(timing.domainLookupEnd)]
  const [start, end] = [during(timing.connectStart), during(timing.connectEnd)]
  const connected = timing.secureConnectionStart === 0 ? end : during(timing.secureConnectionStart)
  return [
    ...only(found > lookup, { name: `DNS lookup ${hostname}`, phase: 'dns', inside, start: lookup, end: found }),
    ...only(end > start, { name: `socket connect ${host}`, phase: 'connect', inside, start, end: connected }),
    ...only(end > connected, { name: `TLS client handshake ${hostname}`, phase: 'tls', inside, start: connected, end }),
  ]
}
