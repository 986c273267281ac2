import type { Socket } from 'node:net'
import { now } from '../model/clock.ts'
import { Connection } from './connection.ts'

const connections = new WeakMap<Socket, Connection>()

/** A socket is about to connect: begins to listen to it. */
export function watchConnection(socket: Socket): Connection {
  const connection = new Connection(socket)
  connections.set(socket, connection)
  return connection
}

/** What is known of a socket; one whose beginning nobody saw is taken as it is. */
export function connectionOf(socket: Socket): Connection {
  return connections.get(socket) ?? adopt(socket)
}

function adopt(socket: Socket): Connection {
  const { secureConnecting = false, _parent: inner } = socket as Socket & { secureConnecting?: boolean; _parent?: Socket | null }
  const underWay = socket.connecting || secureConnecting
  // Through a proxy's tunnel, whose own socket may have been seen.
  const tunnel = underWay && !socket.connecting && inner ? connections.get(inner) : undefined
  const connection = new Connection(socket, { standing: !underWay, tunnel })
  connection.taken = socket.bytesRead > 0
  // Such a tunnel without TLS: it stands since about now.
  if (!underWay && !connection.taken) connection.availableSince = now()
  connections.set(socket, connection)
  return connection
}
