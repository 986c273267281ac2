import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { createProxyServer } from 'http-proxy-3'
import type { Exchange } from './exchange.ts'
import { statusOf } from './forward.ts'
import { forwardedHeaders } from './headers.ts'
import type { Settings } from './options.ts'
import type { Upstream } from './upstream.ts'

/** Hands a WebSocket's handshake to the target, then the bytes both ways. */
export type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer, exchange: Exchange) => void

/** The phases tell the handshake; a WebSocket's life after it is no part of a request's time. */
export function upgrader({ target, verify, timeout }: Settings, upstream: Upstream): Upgrade {
  const library = createProxyServer({ target, secure: verify, connectTimeout: timeout })
  const underway = new WeakMap<IncomingMessage, Exchange>()
  library.on('error', () => {})
  library.on('proxyReqWs', (sent: ClientRequest, request: IncomingMessage) => {
    const exchange = underway.get(request)
    if (exchange === undefined) return
    sent.once('socket', (socket) => exchange.assigned(socket))
    const answered = (response: IncomingMessage): void => {
      exchange.answering()
      exchange.status(response.statusCode ?? 0)
      exchange.ended()
    }
    sent.once('upgrade', answered)
    sent.once('response', answered)
  })
  return (request, socket, head, exchange) => {
    exchange.received()
    underway.set(request, exchange)
    socket.once('close', () => exchange.ended())
    request.headers = forwardedHeaders(request, { phase: exchange.phase, body: undefined, upgrade: true })
    library.ws(request, socket, head, { agent: upstream.fresh }, (error: NodeJS.ErrnoException) => {
      if (exchange.headed) return
      const status = statusOf(error)
      if (socket.writable) socket.write(`HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      exchange.failed(error)
      exchange.status(status)
      exchange.ended()
    })
  }
}
