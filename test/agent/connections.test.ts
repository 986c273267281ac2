import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Connections } from '../../src/agent/export/connections.ts'
import { HttpAnswer } from '../../src/agent/export/http-answer.ts'

const open: { server: Server; connections: Connections; sockets: Set<Socket> }[] = []

afterEach(() => {
  for (const { server, connections, sockets } of open.splice(0)) {
    connections.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

/** A server that says with each request, and each byte of it that comes, what it is told to. */
async function serving(answer: (socket: Socket, request: number) => void) {
  let requests = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      if (bytes.includes('POST ')) answer(socket, requests++)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connections = new Connections(() => connect({ host: '127.0.0.1', port }))
  open.push({ server, connections, sockets })
  return { connections, sockets, requests: () => requests }
}

const HEAD = 'POST / HTTP/1.1\r\nhost: collector\r\ncontent-length: 4\r\n\r\n'

function send(connections: Connections, timeout = 5_000): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    connections.exchange({
      head: HEAD,
      parts: [Buffer.from('sp'), Buffer.from('an')],
      timeout,
      written: () => undefined,
      answered: ({ status, body }) => resolve({ status, body: body.toString() }),
      failed: reject,
    })
  })
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

test('one connection serves request after request', async () => {
  const { connections, sockets, requests } = await serving((socket) => socket.write(OK))
  for (let i = 0; i < 5; i++) expect(await send(connections)).toEqual({ status: 200, body: 'ok' })
  expect([sockets.size, requests()]).toEqual([1, 5])
})

test('requests at the same time have a connection each', async () => {
  const { connections, sockets } = await serving((socket) => socket.write(OK))
  await Promise.all([send(connections), send(connections), send(connections)])
  expect(sockets.size).toBe(3)
})

test('a connection that the collector has closed in the meantime costs no request', async () => {
  const { connections, sockets, requests } = await serving((socket, request) => {
    if (request === 1) socket.destroy()
    else socket.write(OK)
  })
  await send(connections)
  expect(await send(connections)).toEqual({ status: 200, body: 'ok' })
  expect([sockets.size, requests()]).toEqual([2, 3])
})

test('a connection is not used again after the time that the collector keeps it open', async () => {
  const { connections, sockets } = await serving((socket) =>
    socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 0\r\n\r\n'),
  )
  await send(connections)
  await send(connections)
  expect(sockets.size).toBe(2)
})

test('nor after an answer that says it closes', async () => {
  const { connections, sockets } = await serving((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'),
  )
  await send(connections)
  expect(await send(connections)).toEqual({ status: 200, body: 'ok' })
  expect(sockets.size).toBe(2)
})

test('a collector that dribbles is given up after the timeout', async () => {
  const { connections } = await serving((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-le'))
  await expect(send(connections, 50)).rejects.toThrow('no answer in 50 ms')
})

test('one that ends in the middle of its answer has failed', async () => {
  const { connections } = await serving((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'))
  await expect(send(connections)).rejects.toThrow('the connection was closed')
})

test('one that is no HTTP server has failed', async () => {
  const { connections } = await serving((socket) => socket.write('220 mail.example ESMTP\r\n'))
  await expect(send(connections)).rejects.toThrow('the answer is no HTTP/1.1')
})

test('nobody there has failed', async () => {
  const { connections } = await serving(() => undefined)
  const gone = new Connections(() => connect({ host: '127.0.0.1', port: 1 }))
  await expect(send(gone)).rejects.toThrow('ECONNREFUSED')
  connections.destroy()
})

test('breaking off fails what is under way', async () => {
  const { connections } = await serving(() => connections.destroy())
  await expect(send(connections)).rejects.toThrow('the connection was closed')
})

describe('an answer', () => {
  const read = (text: string, piece: number) => {
    const answer = new HttpAnswer()
    let done = false
    for (let at = 0; at < text.length; at += piece) done = answer.push(Buffer.from(text.slice(at, at + piece)))
    return { done: done || answer.end(), status: answer.status, body: answer.body.toString(), reusable: answer.reusable }
  }
  const answers: [string, string, { status: number; body: string; reusable: boolean }][] = [
    ['with a length', OK, { status: 200, body: 'ok', reusable: true }],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n3\r\nyes\r\n0\r\nTrailer: 1\r\n\r\n',
      { status: 200, body: 'okyes', reusable: true },
    ],
    [
      'after others',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`,
      { status: 200, body: 'ok', reusable: true },
    ],
    ['that lasts until the connection ends', 'HTTP/1.1 400 Bad\r\n\r\nno', { status: 400, body: 'no', reusable: false }],
    ['without content', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, body: '', reusable: true }],
    ['of HTTP/1.0', 'HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n', { status: 503, body: '', reusable: false }],
    ['with bare line feeds', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok', { status: 200, body: 'ok', reusable: true }],
  ]

  test.each(answers)('%s is read in whatever pieces it comes', (_name, text, expected) => {
    for (const piece of [1, 2, 7, 1_000]) expect(read(text, piece)).toMatchObject({ done: true, ...expected })
  })

  test('is incomplete as long as something is missing', () => {
    for (const [, text] of answers.slice(0, 2)) expect(read(text.slice(0, -1), 1_000).done).toBe(false)
  })

  test.each([
    ['a status that is none', 'HTTP/1.1 2000 OK\r\n'],
    ['HTTP/2', 'HTTP/2 200\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`],
    ['a line without an end', 'H'.repeat(40_000)],
  ])('with %s is refused', (_name, text) => {
    expect(() => read(text, 100)).toThrow(/the (?:head of the )?answer /)
  })

  test('is kept up to 64 KB', () => {
    const text = `HTTP/1.1 500 Oh\r\ncontent-length: 10000000\r\n\r\n${'x'.repeat(10_000_000)}`
    const { done, body } = read(text, 16_384)
    expect(done).toBe(true)
    expect(body.length).toBeLessThan(100_000)
  })
})
