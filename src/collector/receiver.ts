import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Encoding } from '../otlp/decode.ts'
import { MalformedError } from '../otlp/decode-reader.ts'
import { encodingOf, exportResponse, MEDIA, statusBody } from './answers.ts'
import type { BodyReader } from './body.ts'
import { type Access, checkHost, checkToken, corsHeaders, PREFLIGHT } from './guard.ts'
import { Refusal } from './refusal.ts'

/** A body that was sent, as it came (for forwarding) and decompressed. */
export interface Delivery {
  readonly path: string
  readonly encoding: Encoding
  readonly content: Buffer
  readonly received: Buffer
  readonly headers: { readonly 'content-type': string; readonly 'content-encoding'?: string }
}

/** What is told to the sender beside success. */
export interface Verdict {
  readonly rejected: number
  readonly message: string
}

/** Takes a body of one path. @throws Refusal, MalformedError (400) */
type Handler = (delivery: Delivery) => Verdict

/** An OTLP/HTTP receiver (https://opentelemetry.io/docs/specs/otlp/#otlphttp), not listening yet. */
export function otlpServer(parts: Parts): Server {
  return createServer({ keepAliveTimeout: 65_000 }, (request, response) => void serve(request, response, parts))
}

/** What a receiver works with: who takes which path, who may send, and how bodies are read. */
export interface Parts {
  readonly handlers: Readonly<Record<string, Handler>>
  readonly access: Access
  readonly bodies: BodyReader
  /** Asked before a body is read. @throws Refusal if there is no room for so many bytes */
  readonly admit: (bytes: number) => void
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const encoding = encodingOf(request.headers['content-type'])
  for (const [name, value] of Object.entries(corsHeaders(request, parts.access))) response.setHeader(name, value)
  try {
    const { host, pathname } = targetOf(request)
    checkHost(host, parts.access)
    const handler = Object.hasOwn(parts.handlers, pathname) ? parts.handlers[pathname] : undefined
    if (handler === undefined) throw new Refusal(404, `${pathname.slice(0, 100)} is not served here; traces go to /v1/traces`)
    if (request.method === 'OPTIONS') return preflight(response)
    if (request.method !== 'POST') throw new Refusal(405, 'only POST is served here')
    checkToken(request.headers.authorization, parts.access)
    if (encoding === undefined) throw new Refusal(415, `send ${MEDIA.protobuf} or ${MEDIA.json}`)
    parts.admit(Number(request.headers['content-length'] ?? 0))
    const body = await parts.bodies.read(request)
    const verdict = handler({ path: pathname, encoding, ...body, headers: contentHeaders(request) })
    answer(response, 200, encoding, exportResponse(encoding, verdict.rejected, verdict.message))
  } catch (error) {
    refuse(response, encoding ?? 'json', error)
    // One that was read in part waits for somebody to read on, and its connection with it.
    request.resume()
  }
}

/** What is asked for, and of whom: who sends by way of a proxy may name both in one, and a Host beside that says nothing (RFC 9112 §3.2.2). */
function targetOf({ url = '/', headers }: IncomingMessage): { host: string | undefined; pathname: string } {
  const whole = /^https?:/i.test(url) ? URL.parse(url) : null
  if (whole !== null) return whole
  return { host: headers.host, pathname: url.split('?', 1)[0] ?? '/' }
}

function contentHeaders(request: IncomingMessage): Delivery['headers'] {
  const compression = request.headers['content-encoding']
  return {
    'content-type': request.headers['content-type'] ?? '',
    ...(compression === undefined ? {} : { 'content-encoding': compression }),
  }
}

/** The origin's own headers are there already, if it is on the list. */
function preflight(response: ServerResponse): void {
  const allowed = response.hasHeader('access-control-allow-origin')
  response.writeHead(allowed ? 204 : 403, allowed ? PREFLIGHT : {}).end()
}

function answer(response: ServerResponse, status: number, encoding: Encoding, body: Buffer): void {
  response.writeHead(status, { 'content-type': MEDIA[encoding], 'content-length': body.length }).end(body)
}

function refuse(response: ServerResponse, encoding: Encoding, error: unknown): void {
  const refusal = refusalOf(error)
  if (response.destroyed || response.headersSent) return
  if (refusal.status === 401) response.setHeader('www-authenticate', 'Bearer')
  if (refusal.status === 405) response.setHeader('allow', 'POST, OPTIONS')
  if (refusal.retryAfter !== undefined) response.setHeader('retry-after', String(refusal.retryAfter))
  // The rest of a body that is too large is not waited for. Others are read past, so that the sender keeps its connection.
  if (refusal.status === 413) response.setHeader('connection', 'close')
  answer(response, refusal.status, encoding, statusBody(encoding, refusal.status, refusal.message))
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof MalformedError) return new Refusal(400, `the body cannot be read: ${error.message}`)
  if ((error as { code?: string }).code === 'ECONNRESET') return new Refusal(400, 'the body ended early')
  return new Refusal(503, `it could not be kept: ${(error as Error).message}`, 5)
}
