import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { now } from '../model/clock.ts'
import { gatewayOf, setGateway } from '../model/gateway.ts'
import { likeness } from '../model/likeness.ts'
import type { Phase } from '../model/observer.ts'
import { answeredWith } from './attributes.ts'
import { begin } from './begin.ts'
import { isGrpc, nameMethod, tellStatus } from './grpc.ts'
import { headWritten, respondOf } from './respond.ts'
import { isEndlessType, lifeOf, streamed } from './stream.ts'

/**
 * Whether this is a request to a server of node:http2 that takes streams itself, as those of gRPC do. Where it takes requests, one
 * follows, and is the same.
 */
export function isStream(server: object, thing: unknown): thing is ServerHttp2Stream {
  const { listenerCount } = server as { listenerCount?: (event: string) => number }
  const { respond, session } = Object(thing) as Partial<ServerHttp2Stream>
  return typeof respond === 'function' && session !== undefined && listenerCount?.call(server, 'request') === 0
}

/** The phase of a stream that has just been opened; undefined if there is something in it that we do not understand. */
export function takeStream(stream: ServerHttp2Stream, given: unknown): Phase | undefined {
  if (gatewayOf(stream) !== undefined) return undefined
  try {
    const headers = given as IncomingHttpHeaders
    const { ':method': method = '', ':path': url = '/' } = headers
    const { socket } = stream.session as ServerHttp2Session
    const phase = begin({ headers, method, url, httpVersion: '2.0', socket })
    if (isGrpc(headers)) nameMethod(phase, url)
    watchResponds(stream)
    stream.on('close', () => closed(stream, phase, isGrpc(headers) ? url : undefined))
    setGateway(stream, phase)
    return phase
  } catch {
    return undefined
  }
}

function closed(stream: ServerHttp2Stream, phase: Phase, method: string | undefined): void {
  const at = now()
  const life = lifeOf(stream)
  if (phase.recording) {
    const { headersSent, sentHeaders, writableFinished, rstCode } = stream
    if (headersSent && life === undefined) answeredWith(phase, Number(sentHeaders?.[':status']))
    if (method !== undefined) tellStatus(phase, method, stream)
    if (!headersSent || !writableFinished || rstCode !== 0)
      (life ?? phase).set('phaseline.disconnect', headersSent ? 'during_body' : 'before_head')
  }
  life?.end(at)
  respondOf(stream)?.end(at)
  phase.end(at)
}

type Responding = Pick<ServerHttp2Stream, 'respond'>
const watched = new Map<Responding, () => void>()

/** The class of the streams is known from the first of them: loading node:http2 for that would cost. */
function watchResponds(stream: ServerHttp2Stream): void {
  const prototype = Object.getPrototypeOf(stream) as Responding
  if (watched.has(prototype)) return
  // oxlint-disable-next-line typescript/unbound-method -- called with the stream it is asked of
  const { respond } = prototype
  const watching = function (this: ServerHttp2Stream, ...args: Parameters<typeof respond>): void {
    Reflect.apply(respond, this, args)
    const phase = gatewayOf(this)
    if (phase !== undefined && headWritten(this, phase) && phase.recording) answered(this, phase)
  }
  prototype.respond = likeness(watching, respond)
  watched.set(prototype, () => {
    prototype.respond = respond
  })
}

/** The head is written: of a stream without an end that is the end of the request. */
function answered(stream: ServerHttp2Stream, phase: Phase): void {
  const { sentHeaders } = stream
  if (!isEndlessType(sentHeaders['content-type'])) return
  const at = now()
  answeredWith(phase, Number(sentHeaders[':status']))
  respondOf(stream)?.end(at)
  streamed(stream, phase, at)
}

/** @returns undo */
export function watchStreams(): () => void {
  return () => {
    for (const undo of watched.values()) undo()
    watched.clear()
  }
}
