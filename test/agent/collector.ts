import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { unwatched } from '../../src/model/unwatched.ts'
import { readMetrics, type SentMetric } from '../otlp/metrics-reader.ts'
import { readRequest, type SentSpan } from './otlp-reader.ts'

/** How to answer a request, besides taking it. */
type Manner = (request: IncomingMessage, response: ServerResponse) => void

/** A collector in this process. */
export interface TestCollector {
  readonly url: string
  readonly server: Server
  /** What has been taken. */
  spans(): SentSpan[]
  /** The same as it came. */
  traces(): Buffer[]
  metrics(): SentMetric[]
  /** The same as they came. */
  metricBodies(): Buffer[]
  /** Headers of every request, taken or not. */
  readonly headers: IncomingMessage['headers'][]
  /** From now on requests are answered so; undefined: they are taken. */
  behave(manner?: Manner): void
  close(): Promise<void>
}

export async function collector(port = 0): Promise<TestCollector> {
  const bodies: { url: string; body: Buffer }[] = []
  const headers: IncomingMessage['headers'][] = []
  const to = (path: string): Buffer[] => bodies.filter(({ url }) => url === path).map(({ body }) => body)
  let manner: Manner | undefined
  const server = unwatched(
    createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        headers.push(request.headers)
        if (manner !== undefined) return manner(request, response)
        const body = Buffer.concat(chunks)
        bodies.push({ url: request.url ?? '', body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body })
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
    }),
  )
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    headers,
    traces: () => to('/v1/traces'),
    spans: () => to('/v1/traces').flatMap(readRequest),
    metrics: () => to('/v1/metrics').flatMap(readMetrics),
    metricBodies: () => to('/v1/metrics'),
    behave: (next) => void (manner = next),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
