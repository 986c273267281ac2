import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createProxyServer, type ServerOptions } from 'http-proxy-3'
import { readBody } from './body.ts'
import { isStale, type Exchange } from './exchange.ts'
import { endToEnd, forwardedHeaders } from './headers.ts'
import { MEBIBYTE, type Settings } from './options.ts'
import { answer } from './static.ts'
import type { Upstream } from './upstream.ts'

/** Hands a request to the target and its response to the client. */
export type Forward = (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => Promise<void>

/** Methods that mean the same done twice (RFC 9110 §9.2.2): only these are tried again. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'])

/** What is known of a request on its way. */
interface Underway {
  readonly exchange: Exchange
  /** The client wants its connection closed after this. */
  readonly last: boolean
  sent?: ClientRequest
}

/** The library moves the bytes; the buffering, the headers' hygiene, the second try and the phases are ours. */
export function forwarder({ target, limit, timeout, verify }: Settings, upstream: Upstream): Forward {
  const underway = new WeakMap<IncomingMessage, Underway>()
  const library = createProxyServer({ target, secure: verify, connectTimeout: timeout })
  library.on('proxyReq', (sent: ClientRequest, request: IncomingMessage, _response, _options, socket: Socket) => {
    const here = underway.get(request)
    if (here === undefined) return
    here.sent = sent
    sent.setTimeout(timeout, () => sent.destroy(Object.assign(new Error('The target is silent'), { code: 'ETIMEDOUT' })))
    here.exchange.assigned(socket)
  })
  library.on('proxyRes', (came: IncomingMessage, request: IncomingMessage, response) => {
    const here = underway.get(request)
    came.headers = endToEnd(came.headers)
    if (here?.last === true) came.headers.connection = 'close'
    here?.exchange.answering()
    // The library's pipe leaves the client waiting for the rest of a body that broke off.
    came.once('close', () => came.complete || response.destroy())
  })
  // Each call has a callback of its own; without this the library throws what happens after it.
  library.on('error', () => {})

  return async (request, response, exchange) => {
    const bound = limit ?? (isUnframed(request) ? MEBIBYTE : undefined)
    const body = bound === undefined ? undefined : await readBody(request, bound)
    if (body === 'aborted') return
    if (body === 'too large') return refuse(request, response, exchange)
    const here: Underway = { exchange, last: /\bclose\b/i.test(request.headers.connection ?? '') }
    underway.set(request, here)
    if (body === undefined) request.once('end', () => exchange.received())
    else exchange.received()
    request.headers = forwardedHeaders(request, { phase: exchange.phase, body })
    const attempt = (agent: unknown, failed: (error: NodeJS.ErrnoException) => void): void => {
      const options: ServerOptions = { agent, ...(body && { buffer: Readable.from(body.length > 0 ? [body] : []) }) }
      library.web(request, response, options, failed)
    }
    const failed = (error: NodeJS.ErrnoException): void => fail(error, response, exchange)
    attempt(upstream.kept, (error) => {
      const again = body !== undefined && IDEMPOTENT.has(request.method ?? '') && isStale(error, here.sent)
      if (!again || exchange.headed || response.destroyed) return failed(error)
      exchange.missed(error)
      attempt(upstream.fresh, failed)
    })
  }
}

/**
 * Whether the library would say that this request has no body, and send it all the same: what follows would be taken for
 * another request by the target. Such a body is buffered always, and so gets its length.
 */
function isUnframed({ method, headers }: IncomingMessage): boolean {
  return (method === 'DELETE' || method === 'OPTIONS') && headers['transfer-encoding'] !== undefined
}

/** 413; what still comes is read and thrown away, so that the client gets to read the answer. */
function refuse(request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
  exchange.received()
  exchange.answering()
  answer(response, 413)
  request.resume()
}

/** 502, or 504 for a target that is too slow; if the response has begun already, it can only be broken off. */
function fail(error: NodeJS.ErrnoException, response: ServerResponse, exchange: Exchange): void {
  if (response.destroyed || response.writableEnded) return
  exchange.failed(error)
  if (response.headersSent) response.destroy()
  else answer(response, statusOf(error))
}

const TOO_SLOW = new Set(['ETIMEDOUT', 'ECONNECT_TIMEOUT'])

export function statusOf(error: NodeJS.ErrnoException): number {
  return TOO_SLOW.has(error.code ?? '') ? 504 : 502
}
