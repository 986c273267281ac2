import { once } from 'node:events'
import { createServer, ServerResponse, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { watchExpress } from '../../src/express/watch.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { recorder } from '../recorder.ts'
import { unwatch, VERSIONS } from './load.ts'

type Handle = (req: IncomingMessage, res: ServerResponse, out: () => void) => void

const undo: (() => void)[] = []

afterEach(() => {
  unwatch()
  for (const back of undo.splice(0).toReversed()) back()
})

/** As express-ws: the app is called with a response that nobody sends, and its view takes the connection. */
async function upgrade(app: object, path: string, whenOpen: (client: Socket) => void): Promise<void> {
  const gone = Promise.withResolvers<void>()
  const server = createServer().on('upgrade', (request, socket) => {
    socket.on('close', () => gone.resolve())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    ;(app as { handle: Handle }).handle(request, new ServerResponse(request), () => socket.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`)
  await once(client, 'data')
  whenOpen(client)
  await gone.promise
  await once(server.close(), 'close')
}

test.each(VERSIONS)(
  'the view that takes a WebSocket in $name is over when it has returned, not when the connection is',
  async ({ load }) => {
    const record = recorder()
    watchExpress()
    undo.push(() => record.restore(), watchServers())
    let names: string[] = []
    let open: string[] = []
    const app = load()()
    app.use(function later(_req, _res, next) {
      setImmediate(() => next())
    })
    app.get('/chat', function chat(req) {
      req.socket.on('data', () => {
        names = record.phases().map(({ name }) => name)
        open = record.phases().flatMap(({ name, finish }) => (finish === undefined ? [name] : []))
        req.socket.end()
      })
    })
    await upgrade(app, '/chat', (client) => client.end('hello'))
    expect(names).toEqual(expect.arrayContaining(['later process_request', 'resolve', 'view chat', 'handler']))
    expect(open).toEqual(open.filter((name) => name === 'stream'))
  },
)

test.each(VERSIONS)('what still waits for a WebSocket in $name is over with the connection', async ({ load }) => {
  const record = recorder()
  watchExpress()
  undo.push(() => record.restore(), watchServers())
  const app = load()()
  app.use(function waits(req) {
    req.socket.resume().on('end', () => req.socket.destroy())
  })
  await upgrade(app, '/chat', (client) => client.end())
  expect(record.phases().filter(({ finish }) => finish === undefined)).toEqual([])
  expect(record.find('waits process_request').finish).toBeDefined()
})
