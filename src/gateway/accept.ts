import type { Socket } from 'node:net'
import { now } from '../model/clock.ts'

/** When a socket was accepted; forgotten with the first request on it. */
const ACCEPTED = Symbol('phaseline.accepted')

interface Accepted {
  [ACCEPTED]?: number | undefined
  /** Of a TLS socket: the one underneath. */
  _parent?: Accepted
}

/** Remembers that a server has just accepted this socket. */
export function accepted(socket: Socket): void {
  ;(socket as Accepted)[ACCEPTED] = now()
}

/** When the socket was accepted, in ms of `now()`, asked for by its first request; for every further one undefined. */
export function acceptedAt(socket: Socket): number | undefined {
  const own = socket as Accepted
  const holder = own[ACCEPTED] === undefined ? own._parent : own
  const at = holder?.[ACCEPTED]
  if (at !== undefined && holder !== undefined) holder[ACCEPTED] = undefined
  return at
}
