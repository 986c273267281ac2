import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { generate } from 'selfsigned'

export interface Running {
  readonly server: Server
  readonly port: number
  /** With `localhost` for its host, so that there is a name to look up. */
  readonly url: string
  readonly close: () => Promise<void>
}

const pems = generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' })

/** A real server on 127.0.0.1, on a free port. */
export async function serve(listener: RequestListener, { tls = false } = {}): Promise<Running> {
  const { private: key, cert } = await pems
  const server = tls ? createSecureServer({ key, cert }, listener) : createServer(listener)
  // Upgraded ones too, which closeAllConnections does not know.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  const port = await listen(server)
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => void server.close(() => resolve()))
  }
  return { server, port, url: `${tls ? 'https' : 'http'}://localhost:${port}`, close: stop }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

/** A port of 127.0.0.1 where nobody listens. */
export async function deadPort(): Promise<number> {
  const { port, close: stop } = await serve(() => {})
  await stop()
  return port
}
