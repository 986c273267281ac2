import { once } from 'node:events'
import { Agent, get, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, get as secureGet } from 'node:https'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as secure } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchClients } from '../../src/client/watch.ts'
import { unwatched } from '../../src/model/unwatched.ts'
import { recorder, type Recorder } from '../recorder.ts'
import { serve, type Running } from './servers.ts'

let seen: Recorder
let unwatch: () => void
let server: Running | undefined

beforeEach(() => {
  seen = recorder()
  unwatch = watchClients()
})
afterEach(async () => {
  unwatch()
  seen.restore()
  await server?.close()
  server = undefined
})

const answered = (sent: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => void sent.once('response', resolve).once('error', reject))

test('giving up while the name is looked up shows the lookup', async () => {
  const giveUp = new AbortController()
  const ended = seen.ended()
  const lookup = (): void => void setImmediate(() => giveUp.abort())
  await expect(answered(get('http://books.test/', { lookup, signal: giveUp.signal, agent: new Agent() }))).rejects.toThrow()
  await ended
  expect(seen.sentences()).toEqual(['client GET > wait for connection > DNS lookup books.test'])
})

test.each(['AbortError', 'CanceledError', 'CancelError'])('giving up with an %s, as libraries do, is no error', async (name) => {
  server = await serve(() => {})
  const ended = seen.ended()
  const sent = get(server.url)
  const failed = answered(sent)
  server.server.once('request', () => sent.destroy(Object.assign(new Error('given up'), { name })))
  await expect(failed).rejects.toThrow('given up')
  await ended
  expect(seen.find('client')).toMatchObject({ error: undefined, attributes: { 'phaseline.cancelled': true } })
})

test('a body that nobody ever read is said so, and the call was over with its head', async () => {
  server = await serve((_request, response) => void response.end('unread'))
  const ended = seen.ended()
  const sent = get(server.url)
  await answered(sent)
  sent.socket?.destroy()
  await ended
  expect(seen.find('client').attributes).toMatchObject({ 'phaseline.response.unread': true, 'http.response.status_code': 200 })
  expect(seen.find('client').finish).toBe(seen.find('client.ttfb').finish)
  expect(seen.all('client.receive')).toEqual([])
})

test('a response that nobody listens for is thrown away as ever, and received', async () => {
  server = await serve((_request, response) => void response.end('nobody listens'))
  const ended = seen.ended()
  get(server.url)
  await ended
  expect(seen.find('client.receive').attributes).toEqual({ 'http.response.body.size': 14 })
})

test('an error that nobody handles still ends up where it would have', async () => {
  const uncaught = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = once(process, 'uncaughtException')
  get('http://127.0.0.1:1/')
  const [error] = (await thrown) as [NodeJS.ErrnoException]
  for (const listener of uncaught) process.on('uncaughtException', listener)
  expect(error.code).toBe('ECONNREFUSED')
})

test('destroyed after a timeout, it timed out; destroyed without, it was given up', async () => {
  server = await serve(() => {})
  const ended = seen.ended(2)
  const slow = get(server.url, { timeout: 20 })
  slow.once('timeout', () => slow.destroy())
  await expect(answered(slow)).rejects.toThrow('socket hang up')
  const unwanted = get(server.url)
  unwanted.once('finish', () => unwanted.destroy())
  await expect(answered(unwanted)).rejects.toThrow('socket hang up')
  await ended
  expect(seen.all('client').map(({ error, attributes }) => [error, attributes['phaseline.cancelled']])).toEqual([
    ['timeout', undefined],
    [undefined, true],
  ])
})

test('destroyed within the body on purpose, it is no error', async () => {
  server = await serve((_request, response) => void response.write('some'))
  const ended = seen.ended()
  const response = await answered(get(server.url))
  response.once('error', () => {})
  await once(response, 'data')
  response.destroy()
  await ended
  expect(seen.find('client')).toMatchObject({ error: undefined, attributes: { 'phaseline.cancelled': true } })
})

test('headers given as a list carry the context too', async () => {
  server = await serve((sent, response) => void response.end(JSON.stringify(sent.headers)))
  const ended = seen.ended()
  const response = await answered(get(server.url, { headers: ['host', 'books.test', 'accept', 'text/html'] }))
  const headers = JSON.parse((await response.setEncoding('utf8').toArray()).join('')) as Record<string, string>
  await ended
  expect(headers).toMatchObject({ host: 'books.test', traceparent: seen.find('client').propagate().traceparent })
  expect(seen.find('client').attributes).toMatchObject({ 'server.address': 'localhost', 'url.full': `${server.url}/` })
})

test('an agent marked as unwatched is left alone', async () => {
  server = await serve((sent, response) => void response.end(String(sent.headers.traceparent)))
  const response = await answered(get(server.url, { agent: unwatched(new Agent()) }))
  expect(await response.setEncoding('utf8').toArray()).toEqual(['undefined'])
  expect(seen.phases()).toEqual([])
})

test('an upgrade is over when the protocols switch', async () => {
  server = await serve(() => {})
  server.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: books\r\n\r\n')
  })
  const ended = seen.ended()
  const sent = request(server.url, { headers: { connection: 'upgrade', upgrade: 'books' } }).end()
  const [, socket] = (await once(sent, 'upgrade')) as [unknown, { destroy(): void }]
  await ended
  socket.destroy()
  expect(seen.find('client').attributes['http.response.status_code']).toBe(101)
  expect(seen.find('client').error).toBeUndefined()
})

test('an informational response is not the answer', async () => {
  server = await serve((_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' })
    response.end('answer')
  })
  const ended = seen.ended()
  ;(await answered(get(server.url))).resume()
  await ended
  expect(seen.find('client').attributes['http.response.status_code']).toBe(200)
})

test('after the undo nothing is watched, and undoing twice undoes once', async () => {
  server = await serve((_request, response) => void response.end())
  const also = watchClients()
  unwatch()
  unwatch()
  const ended = seen.ended()
  ;(await answered(get(server.url))).resume()
  await ended
  also()
  seen.clear()
  ;(await answered(get(server.url))).resume()
  expect(seen.phases()).toEqual([])
})

test('a request through a proxy goes where it says, not to the proxy', async () => {
  server = await serve((_request, response) => void response.end())
  const ended = seen.ended()
  get({ host: '127.0.0.1', port: server.port, path: 'http://books.test:8080/7?token=1', agent: new Agent() })
  await ended
  expect(seen.find('client').attributes).toMatchObject({
    'url.full': 'http://books.test:8080/7?token=REDACTED',
    'server.address': 'books.test',
    'server.port': 8080,
    'network.peer.port': server.port,
  })
})

test('a handshake in a tunnel that somebody made is told, with the making of the tunnel', async () => {
  server = await serve((_request, response) => void response.end(), { tls: true })
  const { port } = server
  class Tunnels extends SecureAgent {
    override createConnection(_options: unknown, done?: (error: Error | null, socket: Duplex) => void): undefined {
      const tunnel = connect(port, '127.0.0.1', () => done?.(null, secure({ socket: tunnel, rejectUnauthorized: false })))
    }
  }
  const ended = seen.ended()
  secureGet(server.url, { agent: new Tunnels() }).once('response', (response) => response.resume())
  await ended
  const made = seen.find('client.wait').children.map(({ name }) => name)
  expect(made).toEqual([`socket connect 127.0.0.1:${port}`, 'TLS client handshake localhost'])
})
