import { constants, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { MalformedError } from '../otlp/decode-reader.ts'
import { exportResponse } from './answers.ts'
import type { BodyReader } from './body.ts'
import { checkHost, checkToken } from './guard.ts'
import type { Parts } from './receiver.ts'
import { Refusal } from './refusal.ts'

/** The two unary calls of OTLP/gRPC, by the path that HTTP has for the same. */
const CALLS: Readonly<Record<string, string>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': '/v1/traces',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': '/v1/metrics',
}

/** gRPC's status codes by HTTP's; what may be tried again is UNAVAILABLE, as OTLP wants it. */
const STATUS: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 413: 8, 415: 12, 503: 14 }

/** Within a message, in ms. Unary messages are sent at once. */
const SILENCE = 30_000

/**
 * An OTLP/gRPC receiver (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), not listening yet: only unary calls, which is
 * all that OTLP has, so that no library is needed.
 * @param silence for how long nothing of a message may come, in ms
 */
export function grpcServer(parts: Parts, silence: number = SILENCE): Http2Server {
  const server = createServer({ settings: { maxConcurrentStreams: 100 } })
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    // Who says nothing any more, as its machine is gone, gives back the room that half its message takes.
    stream.setTimeout(silence, () => stream.close(constants.NGHTTP2_CANCEL))
    void call(stream, headers, parts)
  })
  return server
}

async function call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, { handlers, access, bodies }: Parts): Promise<void> {
  try {
    checkHost(headers[':authority'], access)
    checkToken(headers.authorization, access)
    const path = Object.hasOwn(CALLS, headers[':path'] ?? '') ? CALLS[headers[':path'] as string] : undefined
    const handler = path === undefined ? undefined : handlers[path]
    if (path === undefined || handler === undefined)
      throw new Refusal(404, `${String(headers[':path']).slice(0, 100)} is not served here`)
    if (!headers['content-type']?.startsWith('application/grpc')) throw new Refusal(415, 'send application/grpc')
    const content = await message(stream, headers, bodies)
    const sent = { 'content-type': 'application/x-protobuf' }
    const verdict = handler({ path, encoding: 'protobuf', content, received: content, headers: sent })
    succeed(stream, exportResponse('protobuf', verdict.rejected, verdict.message))
  } catch (error) {
    fail(stream, error)
  }
}

/** The one message of the call: a byte that says whether it is compressed, its length in four, and itself. */
async function message(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, bodies: BodyReader): Promise<Buffer> {
  return bodies.receive(stream, (frame) => {
    stream.setTimeout(0)
    if (frame.length < 5 || frame.readUInt32BE(1) !== frame.length - 5) throw new Refusal(400, 'it is not one message')
    const content = frame.subarray(5)
    if (frame[0] === 0) return Promise.resolve(content)
    return bodies.decompress(content, headers['grpc-encoding'] as string | undefined)
  })
}

function succeed(stream: ServerHttp2Stream, response: Buffer): void {
  if (stream.destroyed || stream.closed) return
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(response.length, 1)
  stream.end(Buffer.concat([prefix, response]))
}

function fail(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return
  const malformed = error instanceof MalformedError
  const status = error instanceof Refusal ? (STATUS[error.status] ?? 2) : malformed ? 3 : 14
  // Percent signs and what is not printable ASCII are written as in URLs (PROTOCOL-HTTP2, "Percent-Byte-Encoded").
  const text = (error as Error).message
    .slice(0, 300)
    .toWellFormed()
    .replaceAll(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent)
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc+proto', 'grpc-status': String(status), 'grpc-message': text },
    { endStream: true },
  )
  // What is still being sent is not wanted; closing at once would overtake the answer.
  stream.resume()
}
