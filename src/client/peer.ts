import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Phase } from '../model/observer.ts'

/** `127.0.0.1:80`, `[::1]:80`, or a Unix socket's path. */
export function endpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
}

/** Where the other end is, in the conventions' words. */
export function describePeer(phase: Phase, address: string | undefined, port: number | undefined): void {
  if (address === undefined) return
  phase.set('network.peer.address', address)
  if (port !== undefined) phase.set('network.peer.port', port)
}

/** What the handshake agreed on. */
export function describeTls(phase: Phase, socket: TLSSocket): void {
  const version = socket.getProtocol()
  if (version !== null) phase.set('tls.protocol.version', version.replace(/^TLSv/, ''))
  const cipher = socket.getCipher() as { standardName?: string; name?: string } | undefined
  const name = cipher?.standardName ?? cipher?.name
  if (name !== undefined) phase.set('tls.cipher', name)
  phase.set('tls.resumed', socket.isSessionReused())
  if (typeof socket.alpnProtocol === 'string') phase.set('tls.next_protocol', socket.alpnProtocol)
}

/** Whether it speaks TLS, or is about to. */
export function isTls(socket: Socket): socket is TLSSocket {
  return (socket as Partial<TLSSocket>).encrypted === true
}
