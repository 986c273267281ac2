import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { observed } from '../model/observer.ts'
import { isUnwatched } from '../model/unwatched.ts'
import { beginCall, type Call } from './call.ts'
import type { Connection } from './connection.ts'
import { headersOf, type Propagation } from './propagation.ts'
import { quietly } from './quietly.ts'
import { connectionOf } from './sockets.ts'
import { originOf, type Origin } from './url.ts'

/** What a ClientRequest has beside its documented properties. */
type Request = ClientRequest & {
  readonly res?: IncomingMessage | null
  readonly agent?: unknown
  _header?: unknown
  _headerSent?: boolean
}

interface Made {
  readonly call: Call
  timedOut: boolean
}

const calls = new WeakMap<object, Made>()
/** The connection begun in this turn: a request connects before it is announced. */
let latest: Connection | undefined

export function onConnection(connection: Connection): void {
  latest = connection
  queueMicrotask(() => void (latest = undefined))
}

export function onCreated({ request }: { request: Request }): void {
  if (!observed() || isUnwatched(request.agent)) return
  const { origin, path, certain } = wholePlaceOf(request) ?? { ...placeOf(request), path: request.path }
  const at = request.reusedSocket ? undefined : latest?.start
  latest = undefined
  const { propagation, call } = beginCall({ method: request.method, origin, path, at })
  inject(request, propagation)
  if (call === undefined) return
  const made: Made = { call, timedOut: false }
  calls.set(request, made)
  follow(request, made, !certain)
}

/** Its own events tell the rest. None of them changes what a request does by having a listener. */
function follow(request: Request, made: Made, unlocated: boolean): void {
  const { call } = made
  request.once(
    'socket',
    quietly((socket: Socket) => onSocket(request, call, socket, unlocated)),
  )
  request.once(
    'finish',
    quietly(() => call.sent()),
  )
  request.once('timeout', () => void (made.timedOut = true))
  request.once(
    'close',
    quietly(() => settle(request, made)),
  )
}

function onSocket(request: Request, call: Call, socket: Socket, unlocated: boolean): void {
  const connection = connectionOf(socket)
  call.expected = connection
  const writable = (): void => {
    if (unlocated && socket.remotePort !== undefined) call.locate(originOf(request.protocol, request.host, socket.remotePort))
    call.writable(socket, sizeOf(request.getHeader('content-length')))
    if (request.writableFinished) call.sent()
  }
  if (connection.ready) writable()
  else connection.whenReady = quietly(writable)
}

/** In spite of its name this channel speaks when the head is read. */
export function onResponse({ request, response }: { request: Request; response: IncomingMessage }): void {
  const made = calls.get(request)
  if (made === undefined) return
  const { call } = made
  const status = response.statusCode ?? 0
  call.head(status, response.httpVersion, status >= 300 ? response.headers.location : undefined)
  response.once(
    'end',
    quietly(() => call.received(sizeOf(response.headers['content-length']))),
  )
  response.once(
    'close',
    quietly(() => settle(request, made)),
  )
}

export function onRequestError({ request, error }: { request: Request; error: Error }): void {
  const made = calls.get(request)
  if (made === undefined) return
  const hangUp = (error as NodeJS.ErrnoException).code === 'ECONNRESET' && error.message === 'socket hang up'
  if (hangUp && !isTheirFault(request.socket)) giveUp(made)
  else made.call.failed(error)
}

/** It is closed: if it has not ended properly, find out how it did. */
function settle(request: Request, made: Made): void {
  const { call } = made
  const { res } = request
  if (call.over) return
  if (!call.headed) {
    // An upgrade or a CONNECT tunnel has a response that nothing announces.
    if (res === undefined || res === null) return giveUp(made)
    call.head(res.statusCode ?? 0, res.httpVersion)
    return call.finished()
  }
  if (res?.readableDidRead !== true) return call.unread()
  if (isTheirFault(call.socket)) call.failed(res.errored ?? Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  else giveUp(made)
}

/** The other side ended or broke the connection; otherwise this side closed it, on purpose. */
function isTheirFault(socket: Socket | null | undefined): boolean {
  return socket != null && (socket.errored !== null || socket.readableEnded)
}

function giveUp({ call, timedOut }: Made): void {
  if (timedOut) call.timedOut()
  else call.cancelled()
}

interface Place {
  readonly origin: Origin
  /** Whether its port is known; else it is that of the socket, once there is one. */
  readonly certain: boolean
}

/** A request to a proxy has the whole URL for a path. */
function wholePlaceOf({ path }: Request): (Place & { path: string }) | undefined {
  const url = path.startsWith('http') ? URL.parse(path) : null
  if (url === null) return undefined
  const port = url.port === '' ? undefined : Number(url.port)
  return { origin: originOf(url.protocol, url.hostname, port), path: url.pathname + url.search, certain: true }
}

const places = new Map<string, Place>()
const LIMIT = 500

/** Where the request goes: parsing it costs microseconds, and places are few. */
function placeOf(request: Request): Place {
  const header = request.getHeader('host')
  const key = `${request.protocol} ${request.host} ${String(header)}`
  let found = places.get(key)
  if (found === undefined) {
    if (places.size >= LIMIT) places.delete(places.keys().next().value as string)
    const port = portOf(request, header)
    found = { origin: originOf(request.protocol, request.host, port), certain: port !== undefined }
    places.set(key, found)
  }
  return found
}

/** The port that the Host header says, unless that names another host. */
function portOf(request: Request, header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined
  const url = URL.parse(`${request.protocol}//${header}`)
  if (url === null || url.hostname.replace(/^\[|\]$/g, '') !== request.host.replace(/^\[|\]$/g, '').toLowerCase())
    return undefined
  if (url.port !== '') return Number(url.port)
  return request.protocol === 'https:' ? 443 : 80
}

function sizeOf(header: unknown): number | undefined {
  const size = typeof header === 'string' || typeof header === 'number' ? Number(header) : NaN
  return size >= 0 ? size : undefined
}

function inject(request: Request, propagation: Propagation): void {
  const headers = headersOf(propagation)
  if (!request.headersSent) return setHeaders(request, headers)
  // Headers given as an array are text already, but not sent yet: there is no other way to add to them.
  const { _header: head } = request
  if (request._headerSent !== false || typeof head !== 'string' || !head.endsWith('\r\n\r\n')) return
  const has = (name: string): boolean => new RegExp(`^${name}:`, 'im').test(head)
  if (has('traceparent')) return
  const lines = headers.filter(([name]) => !has(name)).map(([name, value]) => `${name}: ${value}\r\n`)
  request._header = `${head.slice(0, -2)}${lines.join('')}\r\n`
}

function setHeaders(request: Request, headers: ReturnType<typeof headersOf>): void {
  if (request.hasHeader('traceparent')) return
  for (const [name, value] of headers) if (!request.hasHeader(name)) request.setHeader(name, value)
}
