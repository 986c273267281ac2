import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as idle } from 'node:timers/promises'
import { connect as connectSecurely } from 'node:tls'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchServers } from '../../src/gateway/watch.ts'
import { burn } from '../express/serve.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'

/** In ms: for so long a connection has nothing on it. */
const EARLY = 40

let recorded: Recorder
let server: Server

const answer: RequestListener = (_request, response) => response.end()

async function listening(): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Sends a request on a connection that is there, and waits for its end. */
async function ask(socket: Socket): Promise<void> {
  socket.resume().write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await recorded.ended()
}

beforeEach(() => void (recorded = watching(watchServers)))

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

test('a connection that was opened early was not accepted for all that time', async () => {
  server = createServer(answer)
  const socket = connect(await listening(), '127.0.0.1')
  await once(server, 'connection')
  await idle(EARLY)
  await ask(socket)
  expect(recorded.sentences()).toEqual(['gateway GET > respond'])
})

test('nor was it where the process had other things to do meanwhile', async () => {
  server = createServer(answer)
  const socket = connect(await listening(), '127.0.0.1')
  await once(server, 'connection')
  const until = performance.now() + EARLY
  while (performance.now() < until) await new Promise((resolve) => setImmediate(() => resolve(burn(1))))
  await ask(socket)
  expect(recorded.sentences()).toEqual(['gateway GET > respond'])
})

test('a process that is too busy to read what it was sent is still accepting', async () => {
  server = createServer(answer)
  server.on('connection', () => burn(EARLY))
  const socket = connect(await listening(), '127.0.0.1')
  await ask(socket)
  expect(recorded.find('accept').duration).toBeGreaterThanOrEqual(EARLY)
  expect(recorded.find('accept').finish).toBe(recorded.find('gateway').start)
})

test('of a connection with TLS that was opened early the handshake stays', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  server = createSecureServer({ key, cert }, answer)
  const socket = connectSecurely({ port: await listening(), host: '127.0.0.1', rejectUnauthorized: false })
  await once(server, 'secureConnection')
  await idle(EARLY)
  await ask(socket)
  expect(recorded.sentences()).toEqual(['gateway GET > accept', 'gateway GET > respond'])
  const { start } = recorded.find('gateway')
  expect(start - (recorded.find('accept').finish as number)).toBeGreaterThan(EARLY / 2)
})
