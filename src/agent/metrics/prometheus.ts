import { createServer, type AddressInfo, type Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { exposition, typeFor, type Family } from '../../model/openmetrics.ts'
import type { ScrapeAddress } from './metrics-config.ts'

/** Bytes of a request's head that are read, and ms that are waited for it. */
const LONGEST_HEAD = 16 << 10
const PATIENCE = 10_000

/** A port that is taken may be the app's that is being replaced: it is tried again after so many ms. */
const AGAIN = 15_000

/** What the server needs of the agent. */
interface Means {
  readonly families: () => Iterable<Family>
  /** Runs a function such that nothing of it is traced. */
  readonly silently: (fn: () => void) => void
  /** Tells a person. */
  readonly say: (message: string) => void
  readonly trouble: (where: string, error: unknown) => void
}

/**
 * Serves `/metrics` from inside the app, for Prometheus. Holds no process, and its requests are no requests of the app. A port that
 * is taken is said once. One request a connection, over sockets: a second server of node:http in the process slowed the app's by
 * 1.2 µs a request. @returns stops
 */
export function serveMetrics(address: ScrapeAddress, { families, silently, say, trouble }: Means): () => void {
  const { host, port } = address
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    readHead(socket.unref(), (head) => answer(head, socket, { families, trouble }))
  })
  let timer: NodeJS.Timeout | undefined
  let said = false
  // `exclusive`: in a cluster each worker would have its turn at one port, and every scrape would find another one's counters.
  const listen = (): void => silently(() => void server.listen({ host, port, exclusive: true }).unref())
  server.on('listening', () => port === 0 && say(`metrics are served at ${urlOf(server.address() as AddressInfo)}`))
  server.on('error', ({ message }) => {
    if (!said) say(`metrics are not served (${message}); it is tried again. OTEL_EXPORTER_PROMETHEUS_PORT names another port`)
    said = true
    if (!server.listening) timer = setTimeout(listen, AGAIN).unref()
  })
  listen()
  return () => {
    clearTimeout(timer)
    server.close()
    for (const socket of sockets) socket.destroy()
  }
}

function urlOf({ family, address, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`
}

/** Gives the head of a connection's first request; who sends none in time is cut off. */
function readHead(socket: Socket, then: (head: string) => void): void {
  let head = ''
  const take = (chunk: Buffer): void => {
    head += chunk.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end < 0 && head.length < LONGEST_HEAD) return
    socket.off('data', take)
    if (end < 0) socket.destroy()
    else then(head.slice(0, end))
  }
  socket.on('data', take)
  // A scraper that went away is no error of the app.
  socket.on('error', () => socket.destroy())
  socket.setTimeout(PATIENCE, () => socket.destroy())
}

function answer(head: string, socket: Socket, { families, trouble }: Pick<Means, 'families' | 'trouble'>): void {
  const [method, url] = head.split(' ', 2)
  if (url?.split('?')[0] !== '/metrics') return refuse(socket, '404 Not Found', 'metrics are at /metrics')
  if (method !== 'GET' && method !== 'HEAD') return refuse(socket, '405 Method Not Allowed', 'GET, please')
  const type = typeFor(/^accept:(.*)$/im.exec(head)?.[1] ?? '')
  socket.write(headOf('200 OK', type))
  if (method === 'HEAD') return void socket.end()
  pipeline(Readable.from(pieces(exposition(families(), type))), socket, (error) => {
    if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.syscall === undefined) trouble('serving metrics', error)
  })
}

/** The body ends with the connection. */
const headOf = (status: string, type: string): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nCache-Control: no-store\r\nVary: Accept\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n`

function refuse(socket: Socket, status: string, why: string): void {
  socket.end(`${headOf(status, 'text/plain; charset=utf-8')}${why}\n`)
}

/** Characters that are made in one go: thousands of series must not hold up the app's requests. */
const PIECE = 32 << 10

async function* pieces(texts: Iterable<string>): AsyncGenerator<string> {
  let piece = ''
  for (const text of texts) {
    piece += text
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
    await setImmediate()
  }
  yield piece
}
