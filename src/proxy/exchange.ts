import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection } from '../client/connection.ts'
import { describePeer } from '../client/peer.ts'
import { connectionOf } from '../client/sockets.ts'
import { OWN } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import { observer, type Phase } from '../model/observer.ts'
import { CONNECT, RECEIVE, RESPOND, WAIT } from './labels.ts'

/**
 * One request through the proxy: its steps become the phases under `proxy`, each beginning where the former ends.
 *
 *     proxy            head read ────────────────────────────────────────── last byte sent to the client
 *       proxy.receive     head read → request buffered (streaming: its last byte read, while the rest goes on)
 *       proxy.connect       a new upstream connection, one for each try; dns, connect and tls inside it
 *       proxy.wait            connection ready → upstream's head read (what is left of the request is written in it)
 *       proxy.respond                                → last byte sent
 */
export class Exchange {
  readonly phase: Phase
  readonly #host: string
  #receive: Phase | undefined
  #connect: { readonly phase: Phase | undefined; readonly connection: Connection; readonly from: number } | undefined
  #wait: Phase | undefined
  #respond: Phase | undefined
  #tries = 0
  #over = false
  #failed = false
  /** Whether the upstream's head was read: from then on nothing can be tried again. */
  headed = false

  /** @param at when the head was read @param host of the target */
  constructor(phase: Phase, at: number, host: string) {
    this.phase = phase
    this.#host = host
    this.#receive = observer.begin(RECEIVE, phase, at)
  }

  /** The whole request is here. */
  received(): void {
    this.#receive?.end()
    this.#receive = undefined
  }

  /** An upstream socket was assigned. */
  assigned(socket: Socket): void {
    const connection = connectionOf(socket)
    if (++this.#tries > 1) this.phase.set(OWN.proxyAttempts, this.#tries)
    this.phase.set(OWN.connectionReused, connection.taken)
    if (connection.ready) return this.#forward(socket)
    this.#connect = { phase: observer.begin(CONNECT, this.phase, connection.start), connection, from: connection.start }
    connection.whenReady = () => {
      this.#connected()
      this.#forward(socket)
    }
  }

  #forward(socket: Socket): void {
    connectionOf(socket).taken = true
    this.#wait = observer.begin(WAIT, this.phase)
  }

  #connected(at: number = now(), error?: unknown): void {
    if (this.#connect === undefined) return
    const { phase, connection, from } = this.#connect
    this.#connect = undefined
    if (phase === undefined) return
    connection.tell(phase, from, at, this.#host)
    if (error !== undefined) phase.fail(error)
    phase.end(at)
  }

  /** This try failed. */
  missed(error: unknown): void {
    this.#connected(now(), error)
    this.#wait?.fail(error)
    this.#wait?.end()
    this.#wait = undefined
  }

  /** The upstream's head is read, or the proxy's own answer begins. */
  answering(): void {
    const at = now()
    this.headed = true
    this.#wait?.end(at)
    this.#respond ??= observer.begin(RESPOND, this.phase, at)
  }

  /** The last byte is sent, or the connection gone. */
  over(response: ServerResponse): void {
    if (response.headersSent) this.status(response.statusCode)
    if (!response.writableFinished) this.phase.set(OWN.cancelled, true)
    this.ended()
  }

  /** 5xx is an error, unless a better reason was given. */
  status(code: number): void {
    this.phase.set('http.response.status_code', code)
    if (code >= 500 && !this.#failed) this.phase.fail(String(code))
  }

  /** The last try failed, and the proxy answers itself. */
  failed(error: unknown): void {
    this.missed(error)
    this.answering()
    this.#failed = true
    this.phase.fail(error)
  }

  ended(): void {
    if (this.#over) return
    this.#over = true
    const at = now()
    this.#receive?.end(at)
    this.#connected(at)
    this.#wait?.end(at)
    this.#respond?.end(at)
    this.phase.end(at)
  }
}

/** What the semantic conventions say of a server's request. */
export function describeRequest(phase: Phase, request: IncomingMessage, secure: boolean): void {
  if (!phase.recording) return
  const { url = '/', headers, socket } = request
  phase.set('url.scheme', secure ? 'https' : 'http')
  phase.set('url.path', url.split('?', 1)[0] as string)
  phase.set('network.protocol.version', request.httpVersion)
  if (socket.remoteAddress !== undefined) phase.set('client.address', socket.remoteAddress)
  describePeer(phase, socket.remoteAddress, socket.remotePort)
  const host = URL.parse(`http://${headers.host ?? ''}`)
  if (host !== null) phase.set('server.address', host.hostname)
  phase.set('server.port', socket.localPort ?? 0)
}

/** Whether a forwarded request may be tried again: a kept connection was found closed before a byte of an answer came. */
export function isStale(error: NodeJS.ErrnoException, sent: ClientRequest | undefined): boolean {
  return sent?.reusedSocket === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
