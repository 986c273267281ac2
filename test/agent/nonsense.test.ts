import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { stats } from '../../src/agent/stats.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'

const GATEWAY = label('gateway', 'GET')
let agent: Agent | undefined
let server: Server | undefined
const sockets = new Set<Socket>()

/** Something that listens where a collector should, and answers what comes with these bytes. */
async function listen(reply: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => reply(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(async () => {
  await agent?.shutdown(50)
  for (const socket of sockets) socket.destroy()
  server?.close()
})

/** So many spans and metrics are sent there, and given up. @returns what was counted meanwhile */
async function tried(endpoint: string): Promise<{ dropped: number; exported: number; spans: number; internalErrors: number }> {
  const before = stats()
  agent = await startAgent({ endpoint, metrics: true, env: { OTEL_EXPORTER_OTLP_TIMEOUT: '200' } })
  for (let i = 0; i < 5; i++) observer.open(GATEWAY).end()
  await agent?.shutdown(5_000)
  const { dropped, exported, spans, internalErrors } = stats()
  return {
    dropped: dropped - before.dropped,
    exported: exported - before.exported,
    spans: spans - before.spans,
    internalErrors: internalErrors - before.internalErrors,
  }
}

test.each<[string, (socket: Socket) => void]>([
  ['no HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ['nothing, and hangs up', (socket) => socket.destroy()],
  ['half a head', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le')],
  ['a head that never ends', (socket) => socket.write(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`)],
  ['a body shorter than it said', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort')],
  ['a body that never ends', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort')],
  ['a page', (socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 15\r\n\r\n<h1>Nope.</h1>\r\n')],
  ['to look elsewhere', (socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n')],
  ['an upgrade', (socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: ws\r\nconnection: upgrade\r\n\r\n')],
])('of a collector that answers %s every span is given up and counted, and nothing breaks', async (_what, reply) => {
  expect(await tried(await listen(reply))).toEqual({ spans: 5, dropped: 5, exported: 0, internalErrors: 0 })
})

test('an answer of 200 whose body says anything at all is a yes', async () => {
  const body = '\u0000\u00ff'.repeat(500_000)
  const endpoint = await listen((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`, 'latin1'),
  )
  expect(await tried(endpoint)).toEqual({ spans: 5, dropped: 0, exported: 5, internalErrors: 0 })
})
