import type { ClientHttp2Stream, Http2Session, IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { observed } from '../model/observer.ts'
import { beginCall, type Call } from './call.ts'
import { headerIn, placeOf, takeAnnounced } from './node-http2-session.ts'
import { quietly } from './quietly.ts'
import { isSendingHttp2 } from './undici.ts'

interface Message {
  readonly stream: ClientHttp2Stream
  readonly headers: IncomingHttpHeaders | undefined
}

/** RFC 9113 §7; the constants of `node:http2` would load it in apps that do not use it. */
const NO_ERROR = 0

const calls = new WeakMap<object, Call>()
/** The sockets themselves: `session.socket` is a stand-in. */
const sockets = new WeakMap<Http2Session, Socket>()

/** A stream of a `node:http2` session; of one that was asked for before `session.request` was watched, this is the first that is heard. */
export function onStreamCreated({ stream, headers = {} }: Message): void {
  // undici speaks HTTP/2 through these too, and is watched by its own channels.
  if (!observed() || isSendingHttp2()) return
  const call = takeAnnounced() ?? begin(stream, headers)
  if (call === undefined) return
  calls.set(stream, call)
  stream.once(
    'finish',
    quietly(() => call.sent()),
  )
  stream.once(
    'end',
    quietly(() => {
      // One that was reset ends, too, if somebody reads it.
      if (stream.rstCode === NO_ERROR) call.received(sizeOf(received.get(stream)))
    }),
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

function begin({ session }: ClientHttp2Stream, headers: IncomingHttpHeaders): Call | undefined {
  const place = placeOf(session, headerIn(headers))
  return place && beginCall({ method: headers[':method'] ?? 'GET', ...place }).call
}

function sizeOf(headers: IncomingHttpHeaders | undefined): number | undefined {
  const size = Number(headers?.['content-length'] ?? NaN)
  return size >= 0 ? size : undefined
}
