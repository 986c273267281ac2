import { Agent, createServer, get, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import http2 from 'node:http2'
import { createServer as createSecureServer, get as getSecurely } from 'node:https'
import { connect, createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchServers } from '../../src/gateway/watch.ts'
import { carried, carry } from '../../src/model/carried.ts'
import { gatewayOf, nameRoute } from '../../src/model/gateway.ts'
import { observer } from '../../src/model/observer.ts'
import { unwatched } from '../../src/model/unwatched.ts'
import { recorder, type Recorder } from '../recorder.ts'

let recorded: Recorder
let undo: () => void
const open: Server[] = []

async function serve(listener: RequestListener, server: Server = createServer()): Promise<number> {
  server.on('request', listener).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A request by node:http on a connection of its own. */
async function ask(port: number, path = '/', headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, path, headers, agent: false }), 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  await recorded.ended()
  return response
}

beforeEach(() => {
  recorded = recorder()
  undo = watchServers()
})

afterEach(() => {
  undo()
  recorded.restore()
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

test('a request is a gateway phase with what its head says, and the app runs inside it', async () => {
  let inside: unknown
  const port = await serve((incoming, response) => {
    inside = observer.current() === gatewayOf(incoming)
    response.end('hi')
  })
  await ask(port, '/books/7?page=2&api_key=hidden', { 'user-agent': 'test' })
  expect(inside).toBe(true)
  expect(recorded.sentences()).toEqual(['gateway GET > accept', 'gateway GET > respond'])
  expect(recorded.find('gateway').attributes).toMatchObject({
    'http.request.method': 'GET',
    'url.path': '/books/7',
    'url.query': 'page=2&api_key=REDACTED',
    'url.scheme': 'http',
    'server.address': 'localhost',
    'server.port': port,
    'client.address': expect.stringContaining('127.0.0.1'),
    'user_agent.original': 'test',
    'network.protocol.version': '1.1',
    'http.response.status_code': 200,
    'phaseline.eventloop.utilization': expect.any(Number),
  })
})

test('the trace that the request comes from is continued', async () => {
  const port = await serve((_request, response) => response.end())
  await ask(port, '/', {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=1',
    baggage: 'b=2',
  })
  const gateway = recorded.find('gateway')
  expect(gateway.remote).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    sampled: true,
    traceState: 'a=1',
  })
  expect(gateway.baggage).toBe('b=2')
})

test.each([
  ['nothing is', { tracecontext: false, baggage: false }, [undefined, undefined]],
  ['the trace context is', { tracecontext: true, baggage: false }, ['b7ad6b7169203331', undefined]],
  ['baggage is', { tracecontext: false, baggage: true }, [undefined, 'b=2']],
])('of what a request brings only that is read which is carried: %s', async (_what, wanted, read) => {
  const before = carried
  carry(wanted)
  try {
    const port = await serve((_request, response) => response.end())
    await ask(port, '/', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', baggage: 'b=2' })
  } finally {
    carry(before)
  }
  const { remote, baggage } = recorded.find('gateway')
  expect([remote?.spanId, baggage]).toEqual(read)
})

test('whoever learns the route names the request after it', async () => {
  const port = await serve((incoming, response) => {
    nameRoute(incoming, 'GET', '/books/:id')
    response.end()
  })
  await ask(port, '/books/7')
  expect(recorded.find('gateway')).toMatchObject({ name: 'GET /books/:id', attributes: { 'http.route': '/books/:id' } })
})

test('a method that is none does not become a name', async () => {
  const port = await serve((_request, response) => response.end())
  const [response] = (await once(request({ port, method: 'PURGE', agent: false }).end(), 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  await recorded.ended()
  expect(recorded.find('gateway')).toMatchObject({ name: 'HTTP', attributes: { 'http.request.method': '_OTHER' } })
})

test('a status of 500 is an error, 404 is none', async () => {
  const port = await serve(({ url }, response) => response.writeHead(Number(url?.slice(1))).end())
  await ask(port, '/404')
  await ask(port, '/503')
  expect(recorded.all('gateway').map(({ error }) => error)).toEqual([undefined, '503'])
})

test('a client that leaves before the answer: no status, and it is said', async () => {
  let left: (() => void) | undefined
  const gone = new Promise<void>((resolve) => (left = resolve))
  const port = await serve((_request, response) => void response.on('close', () => left?.()))
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  await once(open[0] as Server, 'request')
  socket.destroy()
  await gone
  await recorded.ended()
  const { attributes, error } = recorded.find('gateway')
  expect(attributes['phaseline.disconnect']).toBe('before_head')
  expect(attributes).not.toHaveProperty('http.response.status_code')
  expect(error).toBeUndefined()
})

test('a client that leaves during the answer: the status that was sent, and it is said', async () => {
  const port = await serve((_request, response) => void response.writeHead(200).write('part'))
  const [response] = (await once(get({ port, agent: false }), 'response')) as [IncomingMessage]
  response.on('error', () => {}).destroy()
  await recorded.ended()
  expect(recorded.find('gateway').attributes).toMatchObject({
    'phaseline.disconnect': 'during_body',
    'http.response.status_code': 200,
  })
  expect(recorded.find('respond').finish).toBeDefined()
})

test('requests on one connection, also pipelined ones, are apart; only the first was accepted', async () => {
  const port = await serve((incoming, response) => {
    setImmediate(() => response.end(String(observer.current() === gatewayOf(incoming))))
  })
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  const head = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
  socket.write(head + head + head)
  let text = ''
  while (text.split('true').length < 4) text += ((await once(socket, 'data')) as [string])[0]
  await recorded.ended(3)
  expect(text).not.toContain('false')
  expect(recorded.sentences()).toEqual([
    'gateway GET > accept',
    'gateway GET > respond',
    'gateway GET > respond',
    'gateway GET > respond',
  ])
  socket.destroy()
})

test('a kept connection is accepted once', async () => {
  const port = await serve((_request, response) => response.end())
  const agent = new Agent({ keepAlive: true })
  for (let i = 1; i <= 2; i++) {
    const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage]
    await once(response.resume(), 'end')
    await recorded.ended(i)
  }
  agent.destroy()
  expect(recorded.all('gateway.accept').length).toBe(1)
})

const start = Date.now() / 1e3 - 2
test.each([
  ['x-request-start', `t=${start.toFixed(3)}`],
  ['x-request-start', String(Math.round(start * 1e3))],
  ['x-queue-start', `t=${Math.round(start * 1e6)}`],
  ['x-queue-start', `${Math.round(start * 1e6)}000`],
])('%s: %s is time in a queue', async (name, value) => {
  const port = await serve((_request, response) => response.end())
  await ask(port, '/', { [name]: value })
  const { duration, attributes } = recorded.find('queue')
  expect(duration).toBeGreaterThan(1_990)
  expect(duration).toBeLessThan(120_000)
  expect(attributes['http.server.request.time_in_queue']).toBeCloseTo(duration / 1e3, 6)
})

test('a queue time in the future is skew, not a negative time', async () => {
  const port = await serve((_request, response) => response.end())
  await ask(port, '/', { 'x-request-start': String(Date.now() + 60_000) })
  expect(recorded.find('queue')).toMatchObject({ duration: 0, attributes: { 'phaseline.clock_skew': true } })
})

test.each(['', 'soon', 't=', '12', '-1', String(Date.now() - 3_600_000), '9'.repeat(40)])(
  'a queue time that means nothing is ignored: %j',
  async (value) => {
    const port = await serve((_request, response) => response.end())
    await ask(port, '/', { 'x-request-start': value })
    expect(recorded.all('queue')).toEqual([])
  },
)

test('a server with TLS is watched, its handshake is part of accepting', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = createSecureServer({ key, cert })
  const port = await serve((_request, response) => response.end(), server)
  const [response] = (await once(getSecurely({ port, agent: false, rejectUnauthorized: false }), 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  await recorded.ended()
  expect(recorded.sentences()).toEqual(['gateway GET > accept', 'gateway GET > respond'])
  expect(recorded.find('gateway').attributes['url.scheme']).toBe('https')
})

test('a server of HTTP/2 is watched, its streams apart', async () => {
  const server = http2.createServer((incoming, response) => {
    if (incoming.url === '/never') incoming.stream.close(http2.constants.NGHTTP2_CANCEL)
    else setImmediate(() => response.end(String(observer.current() === gatewayOf(incoming))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const answers = ['/a', '/b'].map(async (path) => {
    const stream = client.request({ ':path': path }).setEncoding('utf8')
    return ((await once(stream, 'data')) as [string])[0]
  })
  expect(await Promise.all(answers)).toEqual(['true', 'true'])
  await recorded.ended(2)
  const never = client.request({ ':path': '/never' }).on('error', () => {})
  await once(never, 'close')
  await recorded.ended(3)
  client.close()
  server.close()
  const requests = recorded.all('gateway')
  expect(requests.map(({ children }) => children.filter(({ name }) => name === 'respond').length)).toEqual([1, 1, 0])
  expect(requests[0]?.attributes).toMatchObject({
    'url.path': '/a',
    'network.protocol.version': '2',
    'http.response.status_code': 200,
    'server.address': '127.0.0.1',
  })
  expect(requests[0]?.attributes).not.toHaveProperty('phaseline.disconnect')
  expect(requests[2]?.attributes).toMatchObject({ 'phaseline.disconnect': 'before_head' })
})

test('the app runs inside a request that is upgraded', async () => {
  const port = await serve((_request, response) => response.end())
  const [server] = open as [Server]
  server.on('upgrade', (incoming, socket) => {
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${String(observer.current() === gatewayOf(incoming))}`,
    )
  })
  const client = request({ port, agent: false, headers: { connection: 'upgrade', upgrade: 'x' } }).end()
  const [, socket, head] = (await once(client, 'upgrade')) as [IncomingMessage, Socket, Buffer]
  let text = String(head)
  socket.on('data', (chunk: Buffer) => (text += String(chunk)))
  await once(socket, 'end')
  socket.destroy()
  await recorded.ended()
  expect(text).toBe('true')
  expect(recorded.find('gateway').attributes['http.response.status_code']).toBe(101)
})

test('a server of another protocol may have events of these names', async () => {
  const server = createPlainServer()
  const heard = once(server, 'request')
  server.emit('request', 'anything', 7)
  expect(await heard).toEqual(['anything', 7])
  expect(recorded.phases()).toEqual([])
})

test('listeners may be replaced at any time', async () => {
  const port = await serve((_request, response) => response.end('old'))
  const [server] = open as [Server]
  server.removeAllListeners('request')
  server.on('request', (_request, response) => response.end('new'))
  await ask(port)
  expect(recorded.all('gateway').length).toBe(1)
})

test('a server that answers for itself is left alone', async () => {
  const port = await serve((_request, response) => response.end(), unwatched(createServer()))
  await once(get({ port, agent: false }), 'response')
  expect(recorded.phases()).toEqual([])
})

test('what a listener throws goes where it went before', async () => {
  const port = await serve((_request, response) => {
    response.end()
    throw new Error('mine')
  })
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  try {
    const caught = once(process, 'uncaughtException')
    await ask(port)
    expect(((await caught) as [Error])[0].message).toBe('mine')
  } finally {
    for (const listener of others) process.on('uncaughtException', listener)
  }
})

test('after undo nothing is watched', async () => {
  undo()
  const port = await serve((_request, response) => response.end())
  await once(get({ port, agent: false }), 'response')
  expect(recorded.phases()).toEqual([])
})
