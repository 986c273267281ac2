import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { now } from '../model/clock.ts'
import { setStream, type Stream } from '../model/gateway.ts'
import { Label } from '../model/label.ts'
import type { Phase } from '../model/observer.ts'
import { STREAM_ATTRIBUTE } from '../model/streaming.ts'
import { answeredWith } from './attributes.ts'

/**
 * A connection that stays open for as long as both sides like (server-sent events, a WebSocket): its life is nobody's latency,
 * so it is a span and no phase. The request is over when it begins.
 */
const LIFE = new Label(null, 'stream')

/** Ends the request, and begins what goes on: what runs as the request from now on is part of that. */
function beginLife(gateway: Phase, kind: string, at: number): Phase | undefined {
  const life = gateway.outlive?.(LIFE, at)
  if (life !== undefined) {
    life.set(STREAM_ATTRIBUTE, kind)
    gateway.handOver?.(life)
  }
  gateway.end(at)
  return life
}

const LIFE_OF = Symbol('phaseline.life')

interface Streaming {
  [LIFE_OF]?: Phase | undefined
  /** The length of the body where it is known: such a response is no stream. Node's own. */
  _contentLength?: number | null
  /** What every byte goes through on its way to the socket. Node's own; node:http2 has no such thing. */
  _writeRaw?: (...args: unknown[]) => unknown
}

/** The life of a response that has turned out to be a stream. */
export function lifeOf(response: object): Phase | undefined {
  return (response as Streaming)[LIFE_OF]
}

/** Types whose bodies have no end in themselves. */
const ENDLESS = /^\s*(?:text\/event-stream|multipart\/x-mixed-replace)\b/i

/** @param args of its `writeHead`, which has just been called: headers that are given there are nowhere else */
export function isEndless(response: ServerResponse, args: readonly unknown[]): boolean {
  if (typeof (response as Streaming)._contentLength === 'number') return false
  const type = response.getHeader('content-type') ?? typeIn(args.at(-1))
  return isEndlessType(type)
}

/** Whether a body of this type is such a stream. */
export function isEndlessType(type: unknown): boolean {
  return typeof type === 'string' && ENDLESS.test(type)
}

/** From an object, from names and values in turn, or from pairs. */
function typeIn(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (!Array.isArray(headers)) return Object.entries(headers).find(([name]) => isType(name))?.[1]
  if (Array.isArray(headers[0])) return (headers as [unknown, unknown][]).find(([name]) => isType(name))?.[1]
  return headers[headers.findIndex((name, at) => at % 2 === 0 && isType(name)) + 1]
}

const isType = (name: unknown): boolean => typeof name === 'string' && name.toLowerCase() === 'content-type'

/**
 * The head of such a response is written: the request is over when its first byte goes to the socket, which is with the first
 * write, as a rule.
 */
export function endWithFirstByte(response: ServerResponse, end: (at: number) => void): void {
  const stream: Stream = { since: undefined, begun: undefined }
  setStream(response, stream)
  const begin = (): void => {
    stream.since = now()
    stream.begun?.(stream.since)
    end(stream.since)
  }
  const streaming = response as Streaming
  const { _writeRaw: writeRaw } = streaming
  if (writeRaw === undefined) return begin()
  streaming._writeRaw = function (...args) {
    delete streaming._writeRaw
    begin()
    return Reflect.apply(writeRaw, this, args)
  }
}

/** The first byte of a response left. */
export function streamed(response: object, gateway: Phase, at: number): void {
  ;(response as Streaming)[LIFE_OF] = beginLife(gateway, 'events', at)
}

/** What connections are upgraded to. */
const PROTOCOLS: ReadonlySet<string> = new Set(['websocket', 'h2c', 'tls'])

/**
 * Ends the phase of a request to upgrade: where the app writes 101, the handshake is over and the new protocol's life begins;
 * after any other answer, and without one, with the socket.
 */
export function endWithUpgrade({ headers }: IncomingMessage, socket: Socket, gateway: Phase): void {
  const protocol = headers.upgrade?.toLowerCase() ?? ''
  let life: Phase | undefined
  let answered = false
  if (gateway.recording) {
    whenWritten(socket, (first) => {
      const status = statusIn(first)
      if (status === undefined) return
      answered = true
      answeredWith(gateway, status)
      if (status === 101) life = beginLife(gateway, PROTOCOLS.has(protocol) ? protocol : 'other', now())
    })
  }
  socket.on('close', () => {
    if (!answered && gateway.recording) gateway.set('phaseline.disconnect', 'before_head')
    gateway.end()
    life?.end()
  })
}

/** The app answers on the socket itself. */
function statusIn(first: unknown): number | undefined {
  const head =
    typeof first === 'string'
      ? first.slice(0, 16)
      : first instanceof Uint8Array
        ? String.fromCharCode(...first.subarray(0, 16))
        : ''
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(head)
  return match === null ? undefined : Number(match[1])
}

/** Calls `then` once with what is first written to this socket, by whatever method. */
function whenWritten(socket: Socket, then: (chunk: unknown) => void): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket it is asked of
  const { _write: write, _writev: writev } = socket
  const seen = (chunk: unknown): void => {
    Reflect.deleteProperty(socket, '_write')
    Reflect.deleteProperty(socket, '_writev')
    try {
      then(chunk)
    } catch {
      // The app's bytes go out whatever we make of them.
    }
  }
  socket._write = function (chunk: unknown, ...rest) {
    seen(chunk)
    Reflect.apply(write, this, [chunk, ...rest])
  }
  if (writev === undefined) return
  socket._writev = function (chunks, ...rest) {
    seen(chunks[0]?.chunk)
    Reflect.apply(writev, this, [chunks, ...rest])
  }
}
