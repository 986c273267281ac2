import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { carried } from '../model/carried.ts'
import { epochOrigin, now } from '../model/clock.ts'
import type { Phase } from '../model/observer.ts'

/** For one connection only (RFC 9110 §7.6.1), and those that older software means so. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Removes what is for one connection only, and whatever `Connection` names beside. */
export function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const kept = { ...headers }
  for (const name of [...HOP_BY_HOP, ...named]) delete kept[name]
  return kept
}

/** What of a request goes on besides its own headers. */
export interface Forwarding {
  readonly phase: Phase
  /** The whole body, if it was buffered. */
  readonly body: Buffer | undefined
  readonly upgrade?: boolean
}

/**
 * The headers of the forwarded request. The client's `X-Forwarded-For` is continued, as nginx does; the other
 * `X-Forwarded-*` and `X-Request-Start` say what this proxy knows, whatever the client claimed.
 */
export function forwardedHeaders(request: IncomingMessage, { phase, body, upgrade = false }: Forwarding): IncomingHttpHeaders {
  const { headers, socket } = request
  const made = endToEnd(headers)
  delete made.expect
  if (upgrade) Object.assign(made, { connection: 'Upgrade', upgrade: headers.upgrade })
  else if (body !== undefined) frame(made, headers, body)
  else if (headers['transfer-encoding'] !== undefined) made['transfer-encoding'] = 'chunked'
  const secure = (socket as Partial<TLSSocket>).encrypted === true
  const client = socket.remoteAddress ?? 'unknown'
  const before = headers['x-forwarded-for']
  made['x-forwarded-for'] = before === undefined ? client : `${String(before)}, ${client}`
  made['x-forwarded-proto'] = secure ? 'https' : 'http'
  made['x-forwarded-port'] = String(socket.localPort ?? '')
  if (headers.host !== undefined) made['x-forwarded-host'] = headers.host
  else delete made['x-forwarded-host']
  made['x-request-start'] = `t=${((epochOrigin() + now()) / 1_000).toFixed(6)}`
  propagate(made, phase)
  return made
}

/** A buffered body has a length, however it came. */
function frame(made: IncomingHttpHeaders, came: IncomingHttpHeaders, body: Buffer): void {
  if (body.length > 0 || came['content-length'] !== undefined || came['transfer-encoding'] !== undefined) {
    made['content-length'] = String(body.length)
  }
}

function propagate(made: IncomingHttpHeaders, phase: Phase): void {
  const { traceparent, tracestate } = phase.propagate()
  // Nobody watches, or nothing is to be carried: then the proxy is as if it was not there, and the client's own go on.
  if (traceparent === '' || !carried.tracecontext) return
  made.traceparent = traceparent
  if (tracestate === undefined || tracestate === '') delete made.tracestate
  else made.tracestate = tracestate
}
