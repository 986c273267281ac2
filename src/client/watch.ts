import { subscribe, unsubscribe, type ChannelListener } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { observed } from '../model/observer.ts'
import * as nodeHttp from './node-http.ts'
import * as nodeHttp2 from './node-http2.ts'
import { unwatchSessions, watchSessions } from './node-http2-session.ts'
import { quietly } from './quietly.ts'
import { watchConnection } from './sockets.ts'
import * as undici from './undici.ts'

/** Every diagnostics channel that is listened to, and who listens. */
const CHANNELS: Record<string, (message: never) => void> = {
  'net.client.socket': onClientSocket,
  'undici:request:create': undici.onCreate,
  'undici:client:beforeConnect': undici.onBeforeConnect,
  'undici:client:sendHeaders': undici.onSendHeaders,
  'undici:request:bodySent': undici.onBodySent,
  'undici:request:headers': undici.onHeaders,
  'undici:request:trailers': undici.onTrailers,
  'undici:request:error': undici.onError,
  'undici:websocket:open': undici.onWebSocketOpen,
  'http.client.request.created': nodeHttp.onCreated,
  'http.client.request.error': nodeHttp.onRequestError,
  'http.client.response.finish': nodeHttp.onResponse,
  'http2.client.stream.created': nodeHttp2.onStreamCreated,
  'http2.client.stream.start': nodeHttp2.onStreamStart,
  'http2.client.stream.finish': nodeHttp2.onStreamHead,
  'http2.client.stream.error': nodeHttp2.onStreamError,
}

function onClientSocket({ socket }: { socket: Socket }): void {
  if (!observed()) return
  const connection = watchConnection(socket)
  undici.onConnection(connection)
  nodeHttp.onConnection(connection)
  watchSessions()
}

let watchers = 0
const listeners = new Map<string, ChannelListener>()

/**
 * Watches every outgoing HTTP request of this process from now on: `fetch`, the undici package (6 and later), `node:http` and
 * `node:https`, `node:http2`, by diagnostics channels and the sockets' events (and, of HTTP/2, one patch). Each becomes a `client`
 * phase with its parts, and carries `traceparent`, `tracestate` and `baggage` unless the caller set its own or `carry` says otherwise.
 * Requests of agents marked as unwatched are left alone.
 * @returns a function that stops it; requests that have begun by then are told to their end as far as their own events go
 */
export function watchClients(): () => void {
  if (watchers++ === 0) {
    for (const [name, listener] of Object.entries(CHANNELS)) {
      const guarded = quietly(listener as (message: unknown) => void)
      listeners.set(name, guarded)
      subscribe(name, guarded)
    }
  }
  let undone = false
  return () => {
    if (undone) return
    undone = true
    if (--watchers > 0) return
    for (const [name, listener] of listeners) unsubscribe(name, listener)
    unwatchSessions()
  }
}
