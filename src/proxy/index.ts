import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { isIPv6, type AddressInfo, type Socket } from 'node:net'
import { OWN } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import type { Label } from '../model/label.ts'
import { observer } from '../model/observer.ts'
import { carried } from '../model/carried.ts'
import { parseTraceparent, type RemoteParent } from '../model/traceparent.ts'
import { unwatched } from '../model/unwatched.ts'
import { selfSigned } from './certificate.ts'
import { describeRequest, Exchange } from './exchange.ts'
import { forwarder } from './forward.ts'
import { proxyLabels } from './labels.ts'
import { settingsOf, type ProxyOptions, type Settings } from './options.ts'
import { answer, serveFile } from './static.ts'
import { upgrader } from './upgrade.ts'
import { upstreamOf, type Upstream } from './upstream.ts'

export type { ProxyOptions } from './options.ts'

/** A proxy that runs. */
export interface RunningProxy {
  /** `https://127.0.0.1:41234` */
  readonly url: string
  readonly port: number
  /** The certificate (PEM) it shows, if it terminates TLS: for clients that shall trust a self-signed one. */
  readonly certificate: string | undefined
  /** Takes no more connections, lets requests under way end within five seconds, and is closed. */
  close(): Promise<void>
}

/**
 * Starts an embedded reverse proxy: TLS termination, request buffering, static files, kept connections to the target,
 * WebSockets. Each request is a `proxy` phase with its parts; the forwarded request carries `traceparent` with it as parent.
 * Without an agent in this process it proxies all the same.
 * @returns once it listens
 * @throws PhaselineError for options that make no sense; what `listen` throws (`EADDRINUSE`)
 */
export async function proxy(options: ProxyOptions): Promise<RunningProxy> {
  const settings = settingsOf(options)
  const tls = options.tls === 'self-signed' ? await selfSigned() : options.tls
  const upstream = upstreamOf(settings.target.protocol === 'https:', settings.verify)
  // Only WebSockets are upgraded; other offers (h2c) are ignored, as RFC 9110 §7.8 allows. Before Node 24.9 there is no such
  // choice: there they are refused.
  const rules = { shouldUpgradeCallback: isWebSocket }
  const server = unwatched(
    tls === undefined ? createServer(rules) : createSecureServer({ ...rules, key: tls.key, cert: tls.cert }),
  )
  const upgraded = attach(server, settings, upstream, tls !== undefined)
  const host = options.host ?? '127.0.0.1'
  const port = await listen(server, host, options.port ?? 0)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    port,
    certificate: tls?.cert.toString(),
    close: () => close(server, upgraded).finally(() => upstream.close()),
  }
}

/** Where the request comes from, if that is to be known. */
function parentOf({ headers: { traceparent, tracestate } }: IncomingMessage): RemoteParent | undefined {
  if (!carried.tracecontext) return undefined
  return parseTraceparent(traceparent, Array.isArray(tracestate) ? tracestate.join(',') : tracestate)
}

/** Puts the proxy behind a server. @returns the sockets that were upgraded and are open */
function attach(server: Server, settings: Settings, upstream: Upstream, secure: boolean): Set<Socket> {
  const { target, name } = settings
  const forwarded = proxyLabels(name, { [OWN.proxyStatic]: false, [OWN.proxyUpstream]: target.host })
  const ofFile = proxyLabels(name, { [OWN.proxyStatic]: true })
  const forward = forwarder(settings, upstream)
  const upgrade = upgrader(settings, upstream)
  const begin = (request: IncomingMessage, labelOf: (method: string) => Label): Exchange => {
    const at = now()
    const phase = observer.open(labelOf(request.method ?? ''), parentOf(request), at)
    describeRequest(phase, request, secure)
    return new Exchange(phase, at, target.hostname)
  }
  const onRequest: RequestListener = (request, response) => {
    const file = fileOf(request.url ?? '/', settings)
    const exchange = begin(request, file === undefined ? forwarded : ofFile)
    response.once('close', () => exchange.over(response))
    const done = file === undefined ? forward(request, response, exchange) : serve(request, response, exchange, file)
    done.catch(() => (response.headersSent ? void response.destroy() : answer(response, 502)))
  }
  const upgraded = new Set<Socket>()
  server.on('request', onRequest)
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket.once('close', () => upgraded.delete(socket)))
    const exchange = begin(request, forwarded)
    if (isWebSocket(request)) upgrade(request, socket, head, exchange)
    else refuse(socket, exchange)
  })
  return upgraded
}

function refuse(socket: Socket, exchange: Exchange): void {
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  exchange.status(400)
  exchange.ended()
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** What of the path is a file's name, and in which folder. */
function fileOf(url: string, { folders }: Settings): { prefix: string; folder: string; rest: string } | undefined {
  const [path = ''] = url.split('?', 1)
  for (const [prefix, folder] of folders) if (path.startsWith(prefix)) return { prefix, folder, rest: path.slice(prefix.length) }
  return undefined
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
  { prefix, folder, rest }: { prefix: string; folder: string; rest: string },
): Promise<void> {
  exchange.phase.set('http.route', `${prefix}*`)
  exchange.received()
  exchange.answering()
  await serveFile(request, response, folder, rest)
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

const PATIENCE_MS = 5_000

function close(server: Server, upgraded: ReadonlySet<Socket>): Promise<void> {
  const impatient = setTimeout(() => server.closeAllConnections(), PATIENCE_MS).unref()
  for (const socket of upgraded) socket.destroy()
  return new Promise((resolve) => {
    server.close(() => {
      clearTimeout(impatient)
      resolve()
    })
    server.closeIdleConnections()
  })
}
