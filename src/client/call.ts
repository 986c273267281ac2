import type { Socket } from 'node:net'
import { OWN } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import { observer, type Phase } from '../model/observer.ts'
import { redactUrl } from '../model/redact.ts'
import type { RemoteParent } from '../model/traceparent.ts'
import { connectionFailedWith, type Connection } from './connection.ts'
import { failureOf, isAbort } from './failure.ts'
import { clientLabel, isOther, RECEIVE, SEND, TTFB, WAIT } from './labels.ts'
import { describePeer } from './peer.ts'
import type { Propagation } from './propagation.ts'
import { expectRedirect, redirected } from './redirect.ts'
import { connectionOf } from './sockets.ts'
import type { Origin } from './url.ts'

/** What is known of a call when it begins. */
export interface Beginning {
  readonly method: string
  readonly origin: Origin
  readonly path: string
  /** When; by default now. */
  readonly at?: number | undefined
  /** The phase that asks; by default the current one. */
  readonly parent?: Phase | undefined
}

/**
 * A request is made now: its `client` phase begins, as part of the phase that asks, or as a trace of its own where there is none.
 * @returns what to propagate (an empty `traceparent`: nothing), and the call, unless nobody wants it recorded
 */
export function beginCall(beginning: Beginning): { propagation: Propagation; call?: Call } {
  const { parent = observer.current() } = beginning
  if (parent?.recording === false) return { propagation: parent.propagate() }
  const former = redirected(parent, beginning)
  const { at = now() } = beginning
  const label = clientLabel(beginning.method)
  const phase = parent === undefined ? observer.open(label, causeOf(former), at) : observer.begin(label, parent, at)
  if (phase === undefined) return { propagation: parent?.propagate() ?? { traceparent: '' } }
  return { propagation: phase.propagate(), call: new Call(phase, at, beginning, { parent, former }) }
}

/** Of a redirect with nothing around it: the former hop led to it, so that both are of one trace. */
function causeOf(former: Call | undefined): RemoteParent | undefined {
  if (former === undefined || former.phase.traceId === '') return undefined
  const { traceId, spanId, recording } = former.phase
  return { traceId, spanId, sampled: recording, traceState: former.phase.propagate().tracestate }
}

/**
 * One outgoing request, whichever library makes it: its steps become the phases under `client`, which touch each other and
 * fill it. A new connection is part of the wait, so its phases are children of `client.wait`, not its siblings:
 *
 *     client       the call ──────────────────────────────────────────────────── the last byte read, or the error
 *       client.wait   the call → the request can be written (a socket is assigned, connected and secure)
 *         dns, connect…, tls   inside it, for the first request of a connection only
 *       client.send                                 → its last byte is written
 *       client.ttfb                                               → the response's head is read
 *       client.receive                                                                → its last byte is read
 *
 * A reused connection has `client.wait` only if the call had to wait until it was free. Phases that end late, so that they
 * can be seen while they hang, begin at once: send and ttfb. Those of which it is not known whether they happen are told when
 * they are over: wait and receive.
 */
export class Call {
  readonly phase: Phase
  readonly start: number
  readonly #parent: Phase | undefined
  /** How many redirects led here. */
  readonly hop: number
  #origin: Origin
  readonly #path: string
  socket: Socket | undefined
  /** The connection being made for it, as far as one can tell, before a socket is assigned. */
  expected: Connection | undefined
  #send: Phase | undefined
  #ttfb: Phase | undefined
  #headAt: number | undefined
  /** Where the response points to, until a call is found to follow there. */
  location: string | undefined
  #over = false

  constructor(
    phase: Phase,
    at: number,
    { method, origin, path }: Beginning,
    from: { parent?: Phase | undefined; former?: Call | undefined },
  ) {
    this.phase = phase
    this.start = at
    this.#parent = from.parent
    this.hop = from.former === undefined ? 0 : from.former.hop + 1
    this.#origin = origin
    // `CONNECT host:port` and `OPTIONS *` have no path.
    this.#path = path.startsWith('/') ? path : ''
    if (!phase.recording) return
    if (isOther(method)) phase.set('http.request.method_original', method)
    if (this.hop > 0) phase.set('http.request.resend_count', this.hop)
    this.locate(origin)
  }

  get origin(): Origin {
    return this.#origin
  }

  /** Where the request goes: known late if its port stands in no header. */
  locate(origin: Origin): void {
    this.#origin = origin
    this.phase.set('server.address', origin.host)
    this.phase.set('server.port', origin.port)
    this.phase.set('url.full', redactUrl(origin.origin, this.#path))
  }

  get url(): string {
    return this.#origin.origin + this.#path
  }

  get headed(): boolean {
    return this.#headAt !== undefined
  }

  get over(): boolean {
    return this.#over
  }

  /** The request can be written: `socket` is its own, connected and secure. @param size of the body in bytes, if known */
  writable(socket: Socket, size?: number | null): void {
    if (this.#over || this.socket !== undefined) return
    const at = now()
    this.socket = socket
    const connection = connectionOf(socket)
    if (connection.availableSince > this.start) this.#waited(connection, at)
    this.phase.set(OWN.connectionReused, connection.taken)
    connection.taken = true
    describePeer(this.phase, socket.remoteAddress, socket.remotePort)
    this.#send = observer.begin(SEND, this.phase, at)
    if (typeof size === 'number') this.#send?.set('http.request.body.size', size)
  }

  #waited(connection: Connection | undefined, at: number): void {
    const wait = observer.begin(WAIT, this.phase, this.start)
    if (wait !== undefined) connection?.tell(wait, this.start, at, this.#origin.host)
    wait?.end(at)
  }

  /** The last byte of the request is written. */
  sent(): void {
    if (this.#over || this.socket === undefined) return
    const at = now()
    this.#send?.end(at)
    if (this.#headAt === undefined) this.#ttfb ??= observer.begin(TTFB, this.phase, at)
  }

  /** The response's head is read. @param version of HTTP: `1.1`, `2` @param location where it redirects to */
  head(status: number, version: string, location?: string): void {
    if (this.#over || this.#headAt !== undefined) return
    this.#headAt = now()
    this.#ttfb?.end(this.#headAt)
    this.phase.set('http.response.status_code', status)
    this.phase.set('network.protocol.version', version)
    if (status >= 400) this.phase.fail(String(status))
    if (status >= 400 || location === undefined) return
    this.location = location
    expectRedirect(this, this.#parent, location)
  }

  /** The last byte of the response is read. @param size of the body in bytes, if known */
  received(size?: number): void {
    const at = now()
    if (this.location !== undefined) expectRedirect(this, this.#parent, this.location)
    this.#finish(at, () => this.#receive(at, size))
  }

  /** The connection is gone and nobody has ever read the body: the call was over with the head. */
  unread(): void {
    if (this.#over) return
    this.phase.set(OWN.responseUnread, true)
    this.#finish(this.#headAt ?? now())
  }

  /** Over, with nothing to tell after the head (an upgrade: what follows is no response). */
  finished(): void {
    this.#finish(now())
  }

  /** Somebody gave up on purpose, which is no error. */
  cancelled(): void {
    if (this.#over) return
    this.phase.set(OWN.cancelled, true)
    this.#interrupt()
  }

  /** It went wrong; unless the error says that somebody gave up on purpose. */
  failed(error: unknown): void {
    if (this.#over) return
    if (isAbort(error)) return this.cancelled()
    this.phase.fail(failureOf(error))
    this.#interrupt(connectionFailedWith(error))
  }

  /** Somebody gave up because it took too long. */
  timedOut(): void {
    if (this.#over) return
    this.phase.fail('timeout')
    this.#interrupt()
  }

  /** What was under way ends here: the wait with all attempts, or the receiving. */
  #interrupt(failed?: Connection): void {
    const at = now()
    this.#finish(at, () => {
      if (this.socket === undefined) this.#waited(failed ?? this.expected, at)
      else this.#receive(at)
    })
  }

  #receive(at: number, size?: number): void {
    if (this.#headAt === undefined) return
    const receive = observer.begin(RECEIVE, this.phase, this.#headAt)
    if (size !== undefined) receive?.set('http.response.body.size', size)
    receive?.end(at)
  }

  #finish(at: number, last?: () => void): void {
    if (this.#over) return
    this.#over = true
    this.#send?.end(at)
    this.#ttfb?.end(at)
    last?.()
    if (this.socket !== undefined) connectionOf(this.socket).availableSince = at
    this.phase.end(at)
  }
}
