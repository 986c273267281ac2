import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface Target {
  readonly server: Server
  readonly port: number
  readonly url: string
  readonly close: () => Promise<void>
}

/** An app to put the proxy before. */
export function target(listener: RequestListener): Promise<Target> {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => void server.close(() => resolve()))
  }
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ server, port, url: `http://127.0.0.1:${port}`, close })
    })
  })
}

/** Answers with what it was sent, as JSON. */
export const echo: RequestListener = async (sent, response) => {
  const chunks: Buffer[] = await sent.toArray()
  const { method, url, headers } = sent
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method, url, headers, bytes: Buffer.concat(chunks).length }))
}

export interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string | undefined>
  readonly bytes: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface Ask {
  readonly method?: string
  readonly body?: string | Buffer
  readonly headers?: Record<string, string>
  readonly ca?: string | undefined
}

/** One request on a connection of its own, with the path as it is. */
export function ask(url: string, path: string, { body, ...options }: Ask = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(url)
  const make = protocol === 'https:' ? secureRequest : request
  return new Promise((resolve, reject) => {
    make({ hostname, port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => void chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() })
      })
    })
      .once('error', reject)
      .end(body)
  })
}

/** Bytes as they are, on a plain connection; resolves with all that comes back until it is closed. */
export function speak(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('latin1').on('data', (chunk) => (text += String(chunk)))
    socket.once('close', () => resolve(text)).once('error', reject)
  })
}
