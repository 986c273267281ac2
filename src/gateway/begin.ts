import { carried } from '../model/carried.ts'
import { now } from '../model/clock.ts'
import { label } from '../model/label.ts'
import { observer, type Phase } from '../model/observer.ts'
import { parseTraceparent } from '../model/traceparent.ts'
import { acceptedFor } from './accept.ts'
import { describe, type Head } from './attributes.ts'
import { queuedSince } from './queue.ts'

const KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'])
const byMethod = new Map(
  [...KNOWN].map((method) => [method, label('gateway', method, { 'http.request.method': method })] as const),
)
/** What the semantic conventions want for a method that is none: its own name may be anything. */
const OTHER = label('gateway', 'HTTP', { 'http.request.method': '_OTHER' })
const QUEUE = label('queue', 'queue')
const ACCEPT = label('gateway.accept', 'accept')

/** Begins the `gateway` phase of a request whose head has just been parsed. */
export function begin(request: Head): Phase {
  const at = now()
  const { headers, method = '' } = request
  const traceparent = carried.tracecontext ? headers.traceparent : undefined
  const remote = traceparent === undefined ? undefined : parseTraceparent(traceparent, one(headers['tracestate']))
  const phase = observer.open(byMethod.get(method) ?? OTHER, remote, at)
  if (carried.baggage && headers['baggage'] !== undefined) phase.baggage = one(headers['baggage'])
  if (phase.recording) {
    describe(phase, request, at)
    before(phase, request, at)
  }
  return phase
}

/** What led to this request: the wait in front of the process, and on a new connection the way from the socket to the head. */
function before(phase: Phase, request: Head, at: number): void {
  const queued = queuedSince(request.headers, at)
  if (queued !== undefined) {
    const waited = phase.before(QUEUE, queued.since, at)
    waited?.set('http.server.request.time_in_queue', (at - queued.since) / 1e3)
    if (queued.skewed) waited?.set('phaseline.clock_skew', true)
  }
  const accepted = acceptedFor(request.socket, at)
  if (accepted !== undefined) phase.before(ACCEPT, accepted.from, accepted.to)
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}
