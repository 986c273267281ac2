import type { ClientHttp2Stream, Http2Session, IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { observed } from '../model/observer.ts'
import { beginCall, type Call } from './call.ts'
import { quietly } from './quietly.ts'
import { isSendingHttp2 } from './undici.ts'
import { originOf, type Origin } from './url.ts'

interface Message {
  readonly stream: ClientHttp2Stream
  readonly headers: IncomingHttpHeaders | undefined
}

const calls = new WeakMap<object, Call>()
/** The sockets themselves: `session.socket` is a stand-in. */
const sockets = new WeakMap<Http2Session, Socket>()

/**
 * Streams of `node:http2` sessions. Their headers are encoded before any channel tells of them, so that the context cannot be
 * passed on without patching: the caller has to set `traceparent`.
 */
export function onStreamCreated({ stream, headers = {} }: Message): void {
  // undici speaks HTTP/2 through these too, and is watched by its own channels.
  if (!observed() || isSendingHttp2()) return
  const place = placeOf(stream.session, headers)
  if (place === undefined) return
  const { call } = beginCall({ method: headers[':method'] ?? 'GET', ...place })
  if (call === undefined) return
  calls.set(stream, call)
  stream.once(
    'finish',
    quietly(() => call.sent()),
  )
  stream.once(
    'end',
    quietly(() => call.received(sizeOf(received.get(stream)))),
  )
  stream.once(
    'close',
    quietly(() => settle(stream, call)),
  )
  const { session } = stream
  // Before the listener that starts the streams that wait for the connection.
  if (session?.connecting) session.prependOnceListener('connect', (_session, socket) => sockets.set(session, socket))
  // On a session that stands, a stream starts before it is announced.
  if (!stream.pending) onStreamStart({ stream })
}

export function onStreamStart({ stream }: Pick<Message, 'stream'>): void {
  const { session } = stream
  if (session !== undefined) calls.get(stream)?.writable(sockets.get(session) ?? session.socket)
}

const received = new WeakMap<object, IncomingHttpHeaders>()

/** In spite of its name this channel speaks when the head is read. */
export function onStreamHead({ stream, headers = {} }: Message): void {
  received.set(stream, headers)
  calls.get(stream)?.head(Number(headers[':status']), '2', headers.location)
}

export function onStreamError({ stream, error }: { stream: ClientHttp2Stream; error: unknown }): void {
  calls.get(stream)?.failed(error)
}

/** Closed without an end: nobody read it, or it was given up. */
function settle(stream: ClientHttp2Stream, call: Call): void {
  if (call.over) return
  if (call.headed && !stream.readableDidRead) call.unread()
  else call.cancelled()
}

function placeOf(session: object | undefined, headers: IncomingHttpHeaders): { origin: Origin; path: string } | undefined {
  const scheme = headers[':scheme'] ?? hidden(session, 'protocol')?.replace(':', '')
  const authority = headers[':authority'] ?? hidden(session, 'authority')
  const url = URL.parse(`${scheme}://${authority}`)
  if (url === null) return undefined
  const port = url.port === '' ? undefined : Number(url.port)
  return { origin: originOf(url.protocol, url.hostname, port), path: headers[':path'] ?? '/' }
}

/** Node 22 tells only the headers that the caller gave; where they go, the session keeps under a symbol. */
function hidden(session: object | undefined, description: string): string | undefined {
  const symbol = Object.getOwnPropertySymbols(session ?? {}).find((each) => each.description === description)
  const value = symbol && (session as Record<symbol, unknown>)[symbol]
  return typeof value === 'string' ? value : undefined
}

function sizeOf(headers: IncomingHttpHeaders | undefined): number | undefined {
  const size = Number(headers?.['content-length'] ?? NaN)
  return size >= 0 ? size : undefined
}
