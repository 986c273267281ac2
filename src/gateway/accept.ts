import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { now } from '../model/clock.ts'

/**
 * A moment, and how far the event loop had come by then. Costs 0.5 µs, twice for a connection, never for a further request
 * (measured on Node 26).
 */
interface Moment {
  /** Of `now()`. */
  readonly at: number
  /** How often the loop had asked the kernel for news. */
  readonly loops: number
  /** For how long it had waited for them, in ms. */
  readonly idle: number
}

interface Beginning {
  readonly accepted: Moment
  /** When the TLS handshake was over. */
  secured: Moment | undefined
}

/** How a connection began; forgotten with the first request on it. */
const BEGINNING = Symbol('phaseline.accepted')

interface Accepted {
  [BEGINNING]?: Beginning | undefined
  /** Of a TLS socket: the one underneath. */
  _parent?: Accepted
}

/** Remembers that a server has just accepted this socket. */
export function accepted(socket: Socket): void {
  ;(socket as Accepted)[BEGINNING] = { accepted: moment(), secured: undefined }
}

/** Remembers that the TLS handshake of this socket is over. */
export function secured(socket: Socket): void {
  const beginning = holderOf(socket)?.[BEGINNING]
  if (beginning !== undefined) beginning.secured = moment()
}

/**
 * From when to when the server had to do with a new connection before this, its first request: accepting it, the handshake, and
 * reading the head, but not the time for which a connection that was opened early had nothing on it. In ms of `now()`;
 * undefined for every further request, and where nothing is left.
 */
export function acceptedFor(socket: Socket, at: number): { readonly from: number; readonly to: number } | undefined {
  const holder = holderOf(socket)
  const beginning = holder?.[BEGINNING]
  if (holder === undefined || beginning === undefined) return undefined
  holder[BEGINNING] = undefined
  const ready = beginning.secured ?? beginning.accepted
  const waited = waitedForHead(ready)
  if (beginning.secured === undefined) return waited === undefined ? undefined : { from: ready.at + waited, to: at }
  return { from: beginning.accepted.at, to: waited === undefined ? ready.at : at }
}

/** In ms: a client that sends its request at once needs so long for it; on one machine less than 1. */
const AT_ONCE = 5

/**
 * For how long the loop waited for a head that was sent at once, in ms; undefined for one that was not. The kernel does not tell
 * when it arrived, the loop does: what is there is read in the next turn, however late that one comes because the process is busy.
 * A head that was read later, or that the loop had to wait for, was sent later.
 */
function waitedForHead(ready: Moment): number | undefined {
  const { loops, idle } = moment()
  const waited = idle - ready.idle
  return loops - ready.loops <= 1 && waited < AT_ONCE ? waited : undefined
}

function moment(): Moment {
  // The type of Node 22's early versions has no such metrics, neither have other runtimes.
  const { uvMetricsInfo } = performance.nodeTiming as { uvMetricsInfo?: { loopCount: number } }
  return { at: now(), loops: uvMetricsInfo?.loopCount ?? 0, idle: performance.eventLoopUtilization().idle }
}

function holderOf(socket: Socket): Accepted | undefined {
  const own = socket as Accepted
  return own[BEGINNING] === undefined ? own._parent : own
}
