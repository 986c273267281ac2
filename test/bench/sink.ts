import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeTraces } from '../../src/otlp/decode.ts'

/** A collector that keeps what it gets, run as a process of its own; it is asked over IPC how many spans that was, after the load. */
let bodies: Buffer[] = []

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    // Of metrics only the arrival counts.
    if (request.url === '/v1/traces') bodies.push(Buffer.concat(chunks))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', () => {
  const spans = bodies.reduce((sum, body) => sum + decodeTraces(body, 'protobuf').spans.length, 0)
  const bytes = bodies.reduce((sum, { length }) => sum + length, 0)
  process.send?.({ spans, bytes, posts: bodies.length })
  bodies = []
})
process.on('disconnect', () => process.exit(0))
