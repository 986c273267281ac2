import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { Duplex } from 'node:stream'
import { observed } from '../model/observer.ts'
import { beginCall, type Call } from './call.ts'
import { headersOf } from './propagation.ts'
import { isSendingHttp2, takeWaiting } from './undici.ts'
import { originOf, type Origin } from './url.ts'

type Session = ClientHttp2Session
/** A list of names and values in turn, too, from Node 24 on. */
type Headers = OutgoingHttpHeaders | readonly string[]
type Request = (this: Session, headers?: Headers, ...rest: unknown[]) => ReturnType<Session['request']>

let announced: Call | undefined
let undo: (() => void) | undefined

/** The call whose stream is being made in `session.request` just now; it is taken once. */
export function takeAnnounced(): Call | undefined {
  const call = announced
  announced = undefined
  return call
}

/**
 * The one patch among the clients: a session encodes a stream's headers before any channel tells of it, so the context has to be
 * added where the stream is asked for. Called whenever a connection is made; nothing happens before the process has loaded
 * `node:http2`, which costs milliseconds that most never need to spend.
 */
export function watchSessions(): void {
  if (undo !== undefined || !isLoaded()) return
  // Whatever happens: once.
  undo = () => {}
  const prototype = sessionPrototype()
  const original = prototype.request
  const wrapped = function (this: Session, headers?: Headers, ...rest: unknown[]): ReturnType<Session['request']> {
    return requesting(original, this, headers, rest)
  }
  Object.defineProperty(wrapped, 'name', { value: original.name, configurable: true })
  prototype.request = wrapped
  undo = () => {
    if (prototype.request === wrapped) prototype.request = original
  }
}

export function unwatchSessions(): void {
  undo?.()
  undo = undefined
}

function requesting(original: Request, session: Session, headers: Headers | undefined, rest: unknown[]): ReturnType<Request> {
  // undici speaks HTTP/2 through sessions too, and is watched by its own channels.
  const place = observed() && !isSendingHttp2() ? placeOf(session, headerIn(headers)) : undefined
  if (place === undefined) return Reflect.apply(original, session, [headers, ...rest])
  const theirs = isOfUndici(session) ? takeWaiting(place.origin.origin + place.path) : undefined
  const { propagation, call } =
    theirs === undefined
      ? beginCall({ method: headerIn(headers)(':method') ?? 'GET', ...place })
      : { propagation: { traceparent: '' }, call: theirs }
  announced = call
  try {
    return Reflect.apply(original, session, [withHeaders(headers, headersOf(propagation)), ...rest])
  } catch (error) {
    call?.failed(error)
    throw error
  } finally {
    // Nobody has taken it: its stream is not heard of.
    takeAnnounced()?.finished()
  }
}

/** Looks a header up, whatever the case of its name. */
type Lookup = (name: string) => string | undefined

export function headerIn(headers: Headers | undefined): Lookup {
  const pairs = Array.isArray(headers) ? pairsOf(headers as readonly unknown[]) : Object.entries(headers ?? {})
  return (name) => {
    const found = pairs.find(([key]) => key.toLowerCase() === name)?.[1]
    return found === undefined || typeof found === 'string' ? found : ''
  }
}

function pairsOf(list: readonly unknown[]): [string, unknown][] {
  return Array.from({ length: list.length >> 1 }, (_, at) => [String(list[2 * at]), list[2 * at + 1]])
}

/** The caller's own go first; what they gave is left as it is. */
function withHeaders(headers: Headers | undefined, added: ReturnType<typeof headersOf>): Headers | undefined {
  const has = headerIn(headers)
  const missing = has('traceparent') === undefined ? added.filter(([name]) => has(name) === undefined) : []
  if (missing.length === 0) return headers
  if (Array.isArray(headers)) return [...(headers as readonly string[]), ...missing.flat()]
  return { ...(headers as OutgoingHttpHeaders | undefined), ...Object.fromEntries(missing) }
}

/** Where a stream goes: what its headers say, else what the session keeps under symbols. */
export function placeOf(session: object | undefined, header: Lookup): { origin: Origin; path: string } | undefined {
  const scheme = header(':scheme') ?? hidden(session, 'protocol')?.replace(':', '')
  const authority = header(':authority') ?? hidden(session, 'authority')
  const url = URL.parse(`${scheme}://${authority}`)
  if (url === null) return undefined
  const port = url.port === '' ? undefined : Number(url.port)
  return { origin: originOf(url.protocol, url.hostname, port), path: header(':path') ?? '/' }
}

function hidden(session: object | undefined, description: string): string | undefined {
  const symbol = Object.getOwnPropertySymbols(session ?? {}).find((each) => each.description === description)
  const value = symbol && (session as Record<symbol, unknown>)[symbol]
  return typeof value === 'string' ? value : undefined
}

/** It counts the streams of its sessions there. */
function isOfUndici(session: Session): boolean {
  return Object.getOwnPropertySymbols(session).some(({ description }) => description === 'open streams')
}

/** Nothing tells when an ES module imports a part of Node; measured: 2 µs for each connection until then. */
function isLoaded(): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: unknown }
  return Array.isArray(moduleLoadList) && moduleLoadList.includes('NativeModule http2')
}

/** The class is not exported, so a session is made that goes nowhere. */
function sessionPrototype(): { request: Request } {
  const { connect } = process.getBuiltinModule('node:http2')
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  const session = connect('http://localhost', { createConnection: () => nowhere })
  session.on('error', () => {})
  session.destroy()
  return Object.getPrototypeOf(session) as { request: Request }
}
