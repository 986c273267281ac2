import type { Socket } from 'node:net'
import { observed } from '../model/observer.ts'
import { beginCall, type Call } from './call.ts'
import type { Connection } from './connection.ts'
import { headersOf, type Propagation } from './propagation.ts'
import { askerOf, continuingHandler } from './undici-handler.ts'
import { originOf, type Origin } from './url.ts'

/** What undici's channels carry of a request: of Node's own and of the package (from version 6). */
interface UndiciRequest {
  readonly method: string
  readonly origin: string | URL | null
  readonly path: string
  readonly upgrade: unknown
  readonly contentLength: number | null
  readonly headers: unknown
  addHeader?(name: string, value: string): unknown
}

const calls = new WeakMap<object, Call>()
/** Calls that have no socket yet, the oldest first. */
const waiting = new Set<Call>()
/** The call that the connection begun in this turn is for. */
let connecting: Call | undefined

export function onCreate({ request }: { request: UndiciRequest }): void {
  if (!observed()) return
  const place = placeOf(request)
  if (place === undefined) return
  const parent = askerOf(request)
  if (parent !== undefined) continuingHandler(request, parent)
  const { propagation, call } = beginCall({ method: request.method, ...place, parent })
  inject(request, propagation)
  if (call === undefined) return
  calls.set(request, call)
  waiting.add(call)
}

/** A client is about to connect: for the oldest call to that origin that has no connection coming. */
export function onBeforeConnect({ connectParams }: { connectParams: { protocol: string; host: string } }): void {
  const origin = `${connectParams.protocol}//${connectParams.host}`
  for (const call of waiting) {
    if (call.expected !== undefined || call.origin.origin !== origin) continue
    connecting = call
    // The connector makes its socket now or we shall not know that it is for this call.
    queueMicrotask(() => void (connecting = undefined))
    return
  }
}

export function onConnection(connection: Connection): void {
  if (connecting === undefined) return
  connecting.expected = connection
  connecting = undefined
}

let sendingHttp2 = false

/** Whether the HTTP/2 stream that is made in this turn is undici's. */
export function isSendingHttp2(): boolean {
  return sendingHttp2
}

/** The call that waits for a request to this place, which is about to be sent: version 6 does not tell that of HTTP/2. */
export function takeWaiting(url: string): Call | undefined {
  for (const call of waiting) {
    if (call.url !== url) continue
    waiting.delete(call)
    return call
  }
  return undefined
}

export function onSendHeaders({ request, socket }: { request: UndiciRequest; socket: Socket }): void {
  if (versionOf(socket) === '2') {
    sendingHttp2 = true
    queueMicrotask(() => void (sendingHttp2 = false))
  }
  const call = calls.get(request)
  if (call === undefined) return
  waiting.delete(call)
  call.writable(socket, request.contentLength)
  if ((request.upgrade ?? null) !== null || request.method === 'CONNECT') followUpgrade(call, socket)
}

export function onBodySent({ request }: { request: UndiciRequest }): void {
  calls.get(request)?.sent()
}

export function onHeaders({
  request,
  response,
}: {
  request: UndiciRequest
  response: { statusCode: number; headers: unknown }
}): void {
  const call = calls.get(request)
  // 1xx are not the answer, but for the one that switches protocols.
  if (call === undefined || (response.statusCode < 200 && response.statusCode !== 101)) return
  const redirect = response.statusCode >= 300 && response.statusCode < 400 ? headerOf(response.headers, 'location') : undefined
  call.head(response.statusCode, versionOf(call.socket), redirect)
  if (response.statusCode === 101) return call.finished()
  const size = Number(headerOf(response.headers, 'content-length') ?? NaN)
  if (size >= 0) sizes.set(request, size)
}

const sizes = new WeakMap<object, number>()

export function onTrailers({ request }: { request: UndiciRequest }): void {
  const call = calls.get(request)
  calls.delete(request)
  if (call !== undefined) waiting.delete(call)
  call?.received(sizes.get(request))
}

export function onError({ request, error }: { request: UndiciRequest; error: unknown }): void {
  const call = calls.get(request)
  if (call === undefined) return
  waiting.delete(call)
  calls.delete(request)
  call.failed(error)
}

/** Calls that upgrade their connection, by its local port. */
const upgrading = new Map<number, Call>()

/** Of an upgrade, undici 8.12 tells `headers`, 8.10 neither these nor `trailers`: there, a WebSocket's is over when that is open, any other when its socket closes. */
function followUpgrade(call: Call, socket: Socket): void {
  const port = socket.localPort
  if (port !== undefined) upgrading.set(port, call)
  socket.once('close', () => {
    if (port !== undefined && upgrading.get(port) === call) upgrading.delete(port)
    call.finished()
  })
}

/** @param address the local one */
export function onWebSocketOpen({ address }: { address?: { port?: number } }): void {
  const call = upgrading.get(address?.port ?? 0)
  call?.head(101, '1.1')
  call?.finished()
}

function versionOf(socket: Socket | undefined): string {
  return (socket as { alpnProtocol?: unknown } | undefined)?.alpnProtocol === 'h2' ? '2' : '1.1'
}

const origins = new Map<string, Origin>()
const LIMIT = 500

function placeOf({ origin, path }: UndiciRequest): { origin: Origin; path: string } | undefined {
  // A request to a proxy has the whole URL for a path.
  const url = path.startsWith('http') ? URL.parse(path) : null
  if (url !== null) return { origin: originOfUrl(url), path: url.pathname + url.search }
  const known = knownOrigin(String(origin))
  return known === undefined ? undefined : { origin: known, path }
}

/** Parsing a URL costs a microsecond; origins are few. */
function knownOrigin(text: string): Origin | undefined {
  const found = origins.get(text)
  if (found !== undefined) return found
  const url = URL.parse(text)
  if (url === null) return undefined
  if (origins.size >= LIMIT) origins.delete(origins.keys().next().value as string)
  const made = originOfUrl(url)
  origins.set(text, made)
  return made
}

function originOfUrl({ protocol, hostname, port }: URL): Origin {
  return originOf(protocol, hostname, port === '' ? undefined : Number(port))
}

function inject(request: UndiciRequest, propagation: Propagation): void {
  if (typeof request.addHeader !== 'function' || headerOf(request.headers, 'traceparent') !== undefined) return
  const added = new Set<string>()
  for (const [name, value] of headersOf(propagation)) {
    if (headerOf(request.headers, name) !== undefined) continue
    request.addHeader(name, value)
    added.add(name)
  }
  if (added.size > 0) addOnce(request, added)
}

/** Another tracer that hears of the request after us adds its headers without a look; a server that gets one twice takes neither. */
function addOnce(request: UndiciRequest, added: ReadonlySet<string>): void {
  const add = request.addHeader?.bind(request)
  request.addHeader = (name, value) => (added.has(name.toLowerCase()) ? request : add?.(name, value))
}

/** The value in undici's `[name, value, name, value…]`, whose parts are strings or buffers, or in HTTP/2's object. */
function headerOf(headers: unknown, name: string): string | undefined {
  if (!Array.isArray(headers)) {
    const value = typeof headers === 'object' && headers !== null ? (headers as Record<string, unknown>)[name] : undefined
    return typeof value === 'string' ? value : undefined
  }
  const list: unknown[] = headers
  for (let at = 0; at + 1 < list.length; at += 2) {
    const found = list[at] as string | Buffer
    if (found.length === name.length && found.toString().toLowerCase() === name) return String(list[at + 1])
  }
  return undefined
}
