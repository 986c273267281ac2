import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { exposition, typeFor, type Family } from '../model/openmetrics.ts'
import { unwatched } from '../model/unwatched.ts'
import type { ScrapeAddress } from './metrics-config.ts'

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
 * is taken is said once. @returns stops
 */
export function serveMetrics(address: ScrapeAddress, { families, silently, say, trouble }: Means): () => void {
  const { host, port } = address
  const server = unwatched(createServer((request, response) => answer(request, response, { families, trouble })))
  let timer: NodeJS.Timeout | undefined
  let said = false
  // `exclusive`: in a cluster each worker would have its turn at one port, and every scrape would find another one's counters.
  const listen = (): void => silently(() => void server.listen({ host, port, exclusive: true }).unref())
  server.on('connection', (socket) => socket.unref())
  server.on('listening', () => port === 0 && say(`metrics are served at ${urlOf(server.address())}`))
  server.on('error', ({ message }) => {
    if (!said) say(`metrics are not served (${message}); it is tried again. OTEL_EXPORTER_PROMETHEUS_PORT names another port`)
    said = true
    if (!server.listening) timer = setTimeout(listen, AGAIN).unref()
  })
  listen()
  return () => {
    clearTimeout(timer)
    server.close()
    server.closeAllConnections()
  }
}

function urlOf(address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (address === null || typeof address === 'string') return String(address)
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}/metrics`
}

function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  { families, trouble }: Pick<Means, 'families' | 'trouble'>,
): void {
  if (url?.split('?')[0] !== '/metrics') return refuse(response, 404, 'metrics are at /metrics')
  if (method !== 'GET' && method !== 'HEAD') return refuse(response.setHeader('allow', 'GET, HEAD'), 405, 'GET, please')
  const type = typeFor(headers.accept ?? '')
  response.setHeader('content-type', type).setHeader('vary', 'accept').setHeader('cache-control', 'no-store')
  if (method === 'HEAD') return void response.end()
  pipeline(Readable.from(pieces(exposition(families(), type))), response, (error) => {
    if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') trouble('serving metrics', error)
  })
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`)
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
