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
  const { redirectStart, redirectEnd, fetchStart, requestStart, responseStart, responseEnd } = timing
  if (requestStart === 0) return []
  const redirect: Part = { name: 'redirect', start: redirectStart, end: redirectEnd }
  return [
    ...(redirectEnd > redirectStart ? [redirect] : []),
    { name: 'wait for connection', phase: 'client.wait', start: fetchStart, end: requestStart },
    ...connection(timing),
    { name: 'wait for response', phase: 'client.ttfb', start: requestStart, end: responseStart },
    { name: 'receive response', phase: 'client.receive', start: responseStart, end: responseEnd },
  ]
}

/** Browsers round to 0.1 ms: to connect to one's own machine may have taken nothing, beside the handshake that shows that it was. */
function connection(timing: PerformanceResourceTiming): Part[] {
  const { domainLookupStart, domainLookupEnd, connectStart, secureConnectionStart, connectEnd } = timing
  const { hostname, host } = new URL(timing.name)
  const inside = 'client.wait'
  const connected = secureConnectionStart > 0 ? secureConnectionStart : connectEnd
  const lookup: Part = { name: `DNS lookup ${hostname}`, phase: 'dns', inside, start: domainLookupStart, end: domainLookupEnd }
  const connect: Part = { name: `socket connect ${host}`, phase: 'connect', inside, start: connectStart, end: connected }
  const tls: Part = { name: `TLS client handshake ${hostname}`, phase: 'tls', inside, start: connected, end: connectEnd }
  return [
    ...(domainLookupEnd > domainLookupStart ? [lookup] : []),
    ...(connectEnd > connectStart ? [connect] : []),
    ...(connectEnd > connected ? [tls] : []),
  ]
}
