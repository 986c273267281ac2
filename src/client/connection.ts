import { errorMonitor } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { now } from '../model/clock.ts'
import { observer, type Phase } from '../model/observer.ts'
import { failureOf, isAbort } from './failure.ts'
import { connectLabel, dnsLabel, tlsLabel } from './labels.ts'
import { describePeer, describeTls, endpoint, isTls } from './peer.ts'
import { quietly } from './quietly.ts'

/** One TCP attempt. Happy eyeballs (RFC 8305) makes several for one connection. */
interface Attempt {
  /** Of a Unix socket: its path. */
  readonly address: string
  readonly port: number | undefined
  readonly start: number
  end?: number
  error?: unknown
}

/**
 * How a socket came to be, told by its own events: the lookup, each connection attempt, the handshake, and who had it since.
 * Times are those of `now()`. It is written before anyone knows which request will get the socket, and told to the first
 * that does.
 */
export class Connection {
  readonly start: number = now()
  /** Since when it stands and no request has it: requests that were made before had to wait. Infinity until it stands. */
  availableSince: number = Infinity
  /** Whether a request has had it before. */
  taken = false
  /** Called once, when requests can be written to the socket. */
  whenReady: (() => void) | undefined
  readonly #socket: Socket
  /** The name looked up; undefined for addresses and for Unix sockets. */
  #name: string | undefined
  #answers: string[] = []
  #answered: number | undefined
  #lookupError: unknown
  #attempts: Attempt[] = []
  #connected: number | undefined
  #secured: number | undefined
  #closed: number | undefined
  #error: unknown
  #told = false

  /** What it goes through: TLS in a tunnel that somebody made before. */
  readonly #tunnel: Connection | undefined

  constructor(socket: Socket, { standing = false, tunnel }: { standing?: boolean; tunnel?: Connection | undefined } = {}) {
    this.#socket = socket
    this.#tunnel = tunnel
    if (tunnel !== undefined) this.#connected = this.start
    if (!standing) {
      this.#listen()
      return
    }
    // Nobody saw it being made: there is nothing to tell.
    this.availableSince = 0
    this.#told = true
  }

  /** Whether requests can be written to it. */
  get ready(): boolean {
    return this.availableSince !== Infinity
  }

  /** Listens until the connection stands or has failed. */
  #listen(): void {
    const socket = this.#socket
    const listeners: Record<string | symbol, (...args: never[]) => void> = {
      lookup: (error: unknown, address: string | undefined, _family: unknown, host: string) =>
        this.#answer(host, address, error ?? undefined),
      connectionAttempt: (address: string, port: number | undefined) => void this.#attempts.push({ address, port, start: now() }),
      connectionAttemptFailed: (address: string, _port: number, _family: number, error: unknown) => this.#settle(address, error),
      connectionAttemptTimeout: (address: string) => this.#settle(address, 'timeout'),
      connect: () => {
        this.#connected = now()
        this.#settle(undefined, undefined, this.#connected)
        if (!isTls(socket)) end(this.#connected)
      },
      secureConnect: () => end((this.#secured = now())),
      // Not 'error': a listener for that would keep the process alive through an error nobody handles.
      [errorMonitor]: (error: unknown) => {
        this.#error = error
        failures.set(error as object, this)
        end()
      },
      close: () => end(),
    }
    const end = (ready?: number): void => {
      if (ready === undefined) this.#closed = now()
      else this.availableSince = ready
      for (const name of Reflect.ownKeys(listeners)) socket.removeListener(name, guarded[name] as () => void)
      if (this.ready) this.whenReady?.()
    }
    const guarded: Record<string | symbol, () => void> = {}
    for (const name of Reflect.ownKeys(listeners)) {
      socket.on(name, (guarded[name] = quietly(listeners[name] as () => void)))
    }
  }

  #answer(host: string, address: string | undefined, error: unknown): void {
    this.#name = host
    this.#answered ??= now()
    this.#lookupError = error
    if (address !== undefined) this.#answers.push(address)
  }

  /** The attempt under way is over; failed, unless there is neither address nor error. */
  #settle(address: string | undefined, error: unknown, at: number = now()): void {
    const attempt = this.#attempts.findLast((each) => each.end === undefined && (address ?? each.address) === each.address)
    if (attempt === undefined) return
    attempt.end = at
    if (error !== undefined) attempt.error = error
  }

  /**
   * Tells `parent`, once, what of this connection's making it waited for: what was over before `from` is none of its business, what
   * had begun before begins with it. Later askers are told nothing: they reuse the connection.
   * @param host whose name was looked up, in case the answer never came
   */
  tell(parent: Phase, from: number, to: number, host: string): void {
    if (this.#told) return
    this.#told = true
    this.#tunnel?.tell(parent, from, to, host)
    const within = (start: number, end: number | undefined): [number, number] | undefined =>
      (end ?? to) < from || start > to ? undefined : [Math.max(start, from), Math.min(end ?? to, to)]
    this.#tellLookup(parent, within, host)
    for (const attempt of this.#attempts) tellAttempt(parent, attempt, within(attempt.start, attempt.end ?? this.#closed))
    this.#tellHandshake(parent, within, host)
  }

  #tellLookup(parent: Phase, within: Within, host: string): void {
    const unanswered = this.#attempts.length === 0 && this.#connected === undefined && isIP(host) === 0
    const name = this.#name ?? (unanswered ? host : undefined)
    const span = name !== undefined && within(this.start, this.#answered ?? this.#closed)
    if (!span) return
    const phase = observer.begin(dnsLabel(name), parent, span[0])
    phase?.set('dns.question.name', name)
    if (this.#answers.length > 0) phase?.set('dns.answers', this.#answers)
    if (this.#lookupError !== undefined) phase?.fail(this.#lookupError)
    phase?.end(span[1])
  }

  #tellHandshake(parent: Phase, within: Within, host: string): void {
    if (this.#connected === undefined || !isTls(this.#socket)) return
    const span = within(this.#connected, this.#secured ?? this.#closed)
    if (span === undefined) return
    const phase = observer.begin(tlsLabel(host), parent, span[0])
    if (phase === undefined) return
    if (this.#secured !== undefined) describeTls(phase, this.#socket)
    else if (this.#error !== undefined && !isAbort(this.#error)) phase.fail(failureOf(this.#error))
    phase.end(span[1])
  }
}

type Within = (start: number, end: number | undefined) => [number, number] | undefined

function tellAttempt(parent: Phase, { address, port, error }: Attempt, span: [number, number] | undefined): void {
  if (span === undefined) return
  const phase = observer.begin(connectLabel(endpoint(address, port)), parent, span[0])
  if (phase === undefined) return
  describePeer(phase, address, port)
  phase.set('network.transport', port === undefined ? 'unix' : 'tcp')
  if (error !== undefined) phase.fail(error)
  phase.end(span[1])
}

const failures = new WeakMap<object, Connection>()

/** The connection that failed with this very error: how a request that never got a socket learns of the attempts made for it. */
export function connectionFailedWith(error: unknown): Connection | undefined {
  return typeof error === 'object' && error !== null ? failures.get(error) : undefined
}
