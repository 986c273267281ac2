import { OWN } from '../model/attributes.ts'
import type { Node } from './node.ts'
import { BIT } from './warnings.ts'

/** What a clock's offset may be, in the unit of the times it came from. An end that nothing is known of is infinite. */
export interface Bound {
  readonly low: number
  readonly high: number
}

/** What is said of the clocks of two hosts: `to`'s less `from`'s. */
export interface ClockBound extends Bound {
  readonly from: string
  readonly to: string
}

/** Bounds of the offset of each host's clock against each other's, by host and host, both ways. */
export type Evidence = Map<string, Map<string, Bound[]>>

/** What all blocking pairs of spans on two hosts say of their clocks. */
export function gather(nodes: readonly Node[]): Evidence {
  const evidence: Evidence = new Map()
  for (const node of nodes) {
    const { parent } = node
    if (parent === null || !tells(parent, node)) continue
    const here = parent.span?.resource.host as string
    const there = node.span?.resource.host as string
    const bound = boundOf(parent, node)
    note(evidence, here, there, bound)
    note(evidence, there, here, { low: -bound.high, high: -bound.low })
  }
  return evidence
}

function note(evidence: Evidence, from: string, to: string, bound: Bound): void {
  let row = evidence.get(from)
  if (row === undefined) evidence.set(from, (row = new Map()))
  const list = row.get(to)
  if (list === undefined) row.set(to, [bound])
  else list.push(bound)
}

/**
 * Whether a span and its child say something of two clocks: the one waits for the other, and they are on two hosts. Where the
 * hosts are only guessed from the services' names, the call itself must be one from a client or to a server.
 */
function tells(parent: Node, child: Node): boolean {
  if (parent.span === null || child.span === null || !child.blocking) return false
  const caller = parent.span
  const called = child.span
  if (caller.resource.host === called.resource.host) return false
  if (caller.kind === 'PRODUCER' || called.kind === 'CONSUMER') return false
  if (parent.untimed || child.untimed || child.rehung || child.disputed) return false
  return caller.kind === 'CLIENT' || called.kind === 'SERVER' || (isNamed(caller.resource) && isNamed(called.resource))
}

function isNamed(resource: { readonly service: string; readonly host: string }): boolean {
  return resource.host !== resource.service
}

/**
 * The server's clock less the client's lies in `[server.end − client.end, server.start − client.start]`, where the client waited
 * for the server. Otherwise it is only certain that the server did not begin before it was called; where the client says how long it
 * waited for a connection, not before it had one.
 */
function boundOf(client: Node, server: Node): Bound {
  const high = server.start - connectedAt(client)
  const low = waited(client, server) ? server.end - client.end : -Infinity
  return low > high ? { low: -Infinity, high } : { low, high }
}

/** A call of ours has some seven children: one with many is no call, and looking through them for each costs time. */
const FEW = 16

function connectedAt(client: Node): number {
  if (client.children.length > FEW) return client.start
  const wait = client.children.find(({ span }) => span?.attributes.get(OWN.phase) === 'client.wait')
  const at = wait?.span?.resource.host === client.span?.resource.host ? wait?.end : undefined
  return at !== undefined && at >= client.start && at <= client.end ? at : client.start
}

/**
 * Not if one of the two has not ended; if the client took no time (a redirect, a one-way call); or if both are servers: who
 * called the second, and how long, nobody says, and it may be a browser that got a page from the first. A server that took longer
 * than its client (a timeout, an answer before the end) shows in its times.
 */
function waited(client: Node, server: Node): boolean {
  if (((client.flags | server.flags) & BIT.in_flight) !== 0 || client.end === client.start) return false
  return client.span?.kind !== 'SERVER' || server.span?.kind !== 'SERVER'
}

/** What several bounds agree on. */
export interface Agreement extends Bound {
  readonly conflict: boolean
}

/** The intersection of all bounds; where they conflict, that of the narrowest, which are the calls with the lowest latency. */
export function agree(bounds: readonly Bound[]): Agreement {
  let low = -Infinity
  let high = Infinity
  for (const bound of bounds) {
    if (bound.low > low) low = bound.low
    if (bound.high < high) high = bound.high
  }
  return low <= high ? { low, high, conflict: false } : ofNarrowest(bounds)
}

function ofNarrowest(bounds: readonly Bound[]): Agreement {
  const narrowest = [...bounds].sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low || a.high - b.high)
  let low = -Infinity
  let high = Infinity
  for (const bound of narrowest) {
    if (bound.low > high || bound.high < low) continue
    low = Math.max(low, bound.low)
    high = Math.min(high, bound.high)
  }
  return { low, high, conflict: true }
}
