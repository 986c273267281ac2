import type { Express, Request, Response } from 'express'
import express from 'express'
import { once } from 'node:events'
import { createServer, get, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { watchExpress } from '../../src/express/watch.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder, type Recorder } from '../recorder.ts'

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' }

let recorded: Recorder
let undo: (() => void)[]
let server: Server

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The head of an answer whose body may never end. */
async function head(port: number): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage]
  response.on('error', () => {})
  return response
}

beforeEach(() => {
  recorded = recorder()
  undo = [watchServers(), watchExpress()]
})

afterEach(() => {
  for (const back of undo) back()
  recorded.restore()
  server.closeAllConnections()
  server.close()
})

describe('server-sent events', () => {
  test('the request ends with the first byte; what goes on is a stream beside the phases', async () => {
    let end = (): void => {}
    const port = await serve((_request, response) => {
      response.writeHead(200, EVENTS)
      response.write('data: 1\n\n')
      end = () => response.end()
    })
    const response = await head(port)
    await recorded.ended()
    expect(recorded.sentences().slice(-2)).toEqual(['gateway GET > respond', 'gateway GET > stream …'])
    const [gateway, stream] = [recorded.find('gateway'), recorded.find('stream')]
    expect(gateway.attributes['http.response.status_code']).toBe(200)
    expect(stream).toMatchObject({ id: null, start: gateway.finish, attributes: { 'phaseline.stream': 'events' } })
    end()
    await once(response.resume(), 'end')
    expect(stream.finish).toBeDefined()
    expect(stream.attributes).not.toHaveProperty('phaseline.disconnect')
  })

  test('a head that is not yet sent is no first byte', async () => {
    let send = (): void => {}
    const port = await serve((_request, response) => {
      response.writeHead(200, EVENTS)
      send = () => response.write('data: 1\n\n')
    })
    const answer = head(port)
    await once(server, 'request')
    expect(recorded.sentences().at(-1)).toBe('gateway GET … > respond …')
    send()
    await answer
    expect(recorded.sentences().at(-1)).toBe('gateway GET > stream …')
  })

  test('a client that leaves ends the stream, not the request', async () => {
    const port = await serve((_request, response) => response.writeHead(200, EVENTS).flushHeaders())
    const response = await head(port)
    const stream = recorded.find('stream')
    const { end } = stream
    const gone = new Promise<void>((resolve) => (stream.end = (at) => (end(at), resolve())))
    response.destroy()
    await gone
    expect(stream.attributes['phaseline.disconnect']).toBe('during_body')
    expect(recorded.find('gateway').attributes).not.toHaveProperty('phaseline.disconnect')
  })

  test.each([
    ['by setHeader', (res: Response): void => res.setHeader('Content-Type', 'text/event-stream').flushHeaders()],
    ['as names and values', (res: Response) => res.writeHead(200, ['Content-Type', 'text/event-stream']).flushHeaders()],
    ['as an object, with a reason', (res: Response) => res.writeHead(200, 'Fine', EVENTS).flushHeaders()],
  ])('the type may be told %s', async (_how, begin) => {
    const port = await serve((_request, response) => begin(response as Response))
    await head(port)
    expect(recorded.sentences().at(-1)).toBe('gateway GET > stream …')
  })

  test.each([
    ['a type of another kind', { 'content-type': 'text/plain' }],
    ['a known length', { ...EVENTS, 'content-length': 100 }],
  ])('%s is no such stream', async (_what, headers) => {
    const port = await serve((_request, response) => void response.writeHead(200, headers).write('part'))
    await head(port)
    expect(recorded.sentences().at(-1)).toBe('gateway GET … > respond …')
  })

  test('a middleware and a handler of Express are over, although the handler goes on waiting for what it sends', async () => {
    let next = (): void => {}
    const app: Express = express()
    app.get('/', async function events(_req: Request, res: Response) {
      res.writeHead(200, EVENTS)
      for (let at = 0; at < 2; at++) {
        res.write(`data: ${at}\n\n`)
        await new Promise<void>((resolve) => (next = resolve))
      }
      res.end()
    })
    const port = await serve(app as RequestListener)
    const response = await head(port)
    expect(recorded.sentences()).toContain('gateway GET / > handler > view events')
    expect(recorded.sentences().at(-1)).toBe('gateway GET / > stream …')
    next()
    await new Promise((resolve) => setImmediate(resolve))
    next()
    await once(response.resume(), 'end')
    expect(recorded.all('events process_response')).toEqual([])
    expect(recorded.find('stream').finish).toBeDefined()
  })

  test('over HTTP/2 too', async () => {
    const served = http2.createServer((_request, response) => void response.writeHead(200, EVENTS).write('data: 1\n\n'))
    served.listen(0, '127.0.0.1')
    await once(served, 'listening')
    const client = http2.connect(`http://127.0.0.1:${(served.address() as AddressInfo).port}`)
    await once(client.request({ ':path': '/' }), 'data')
    expect(recorded.sentences().at(-1)).toBe('gateway GET > stream …')
    client.destroy()
    served.close()
    server = createServer()
  })
})

describe('upgrades', () => {
  /** A server of `ws`, and one client of it. */
  async function socket(): Promise<{ client: WebSocket; server: WebSocket }> {
    const port = await serve((_request, response) => response.end())
    const sockets = new WebSocketServer({ server })
    const connected = once(sockets, 'connection')
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`)
    const [, [accepted]] = (await Promise.all([once(client, 'open'), connected])) as [unknown, [WebSocket]]
    return { client, server: accepted }
  }

  test('a WebSocket’s handshake is the request, with its status; its life is a stream', async () => {
    const { client, server: accepted } = await socket()
    await recorded.ended()
    const [gateway, stream] = [recorded.find('gateway'), recorded.find('stream')]
    expect(gateway.attributes).toMatchObject({ 'http.response.status_code': 101, 'url.path': '/chat' })
    expect(gateway.error).toBeUndefined()
    expect(stream).toMatchObject({ finish: undefined, attributes: { 'phaseline.stream': 'websocket' } })
    const closed = once(accepted, 'close')
    client.close()
    await closed
    expect(stream.finish).toBeDefined()
    expect(gateway.attributes).not.toHaveProperty('phaseline.disconnect')
  })

  test('what the app begins for the socket is part of the stream', async () => {
    const port = await serve((_request, response) => response.end())
    const sockets = new WebSocketServer({ server })
    const begun = new Promise((resolve) =>
      sockets.on('connection', (accepted) => setImmediate(() => (resolve(observer.current()), accepted.terminate()))),
    )
    new WebSocket(`ws://127.0.0.1:${port}/`).on('error', () => {})
    expect(await begun).toBe(recorded.find('stream'))
  })

  test('a handshake that is refused has its status, and no stream', async () => {
    const port = await serve((_request, response) => response.end())
    server.on('upgrade', (_request, socket: Socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n'))
    const client = new WebSocket(`ws://127.0.0.1:${port}/`)
    client.on('error', () => {})
    await recorded.ended()
    expect(recorded.find('gateway').attributes).toMatchObject({ 'http.response.status_code': 401 })
    expect(recorded.all('stream')).toEqual([])
  })

  test('a client that leaves during the handshake is said to have', async () => {
    const port = await serve((_request, response) => response.end())
    server.on('upgrade', (_request, socket: Socket) => socket.resume().on('end', () => socket.destroy()))
    const client = request({ port, agent: false, headers: { connection: 'upgrade', upgrade: 'websocket' } }).end()
    client.on('error', () => {})
    await once(server, 'upgrade')
    client.destroy()
    await recorded.ended()
    expect(recorded.find('gateway').attributes['phaseline.disconnect']).toBe('before_head')
  })
})
