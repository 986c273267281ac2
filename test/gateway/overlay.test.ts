import { once } from 'node:events'
import { createServer, ServerResponse, Server } from 'node:http'
import { connect, Server as NetServer, type AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { watchServers } from '../../src/gateway/watch.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder, type Recorder } from '../recorder.ts'

type Emit = (this: object, event: string | symbol, ...args: unknown[]) => boolean

const undo: (() => void)[] = []
let recorded: Recorder

afterEach(() => {
  for (const back of undo.splice(0).toReversed()) back()
})

function watch(): void {
  recorded = recorder()
  undo.push(() => recorded.restore(), watchServers())
}

/** What OpenTelemetry and others put over net's, in the class of HTTP's servers. @param calls what happens, in order */
function overlay(calls: string[]): void {
  const { emit } = Server.prototype as { emit: Emit }
  const theirs: Emit = function (event, ...args) {
    if (event !== 'request') return Reflect.apply(emit, this, [event, ...args])
    calls.push(`theirs, ${String(this instanceof Server)}`)
    const result = Reflect.apply(emit, this, [event, ...args])
    calls.push(`back with ${String(result)}`)
    return result
  }
  ;(Server.prototype as { emit: Emit }).emit = theirs
  undo.push(() => Reflect.deleteProperty(Server.prototype, 'emit'))
}

async function answerOf(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const pieces: Buffer[] = await socket.toArray()
  server.close()
  await recorded.ended()
  return Buffer.concat(pieces).toString()
}

test.each(['before', 'after'])(
  'who has put an emit over the one of servers %s us is called first, and the app inside both, once, on the server itself',
  async (order) => {
    const calls: string[] = []
    if (order === 'before') overlay(calls)
    watch()
    if (order === 'after') overlay(calls)
    const server = createServer()
    server.on('request', function (this: unknown, _request, response) {
      calls.push(`app, ${String(this === server)}, ${observer.current()?.recording}`)
      response.end('hi')
    })
    expect(await answerOf(server)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhi$/)
    expect(calls).toEqual(['theirs, true', 'app, true, true', 'back with true'])
    expect(recorded.sentences()).toEqual(['gateway GET > accept', 'gateway GET > respond'])
  },
)

test('who has put an emit over the one of servers has it back when nobody watches any more', () => {
  overlay([])
  const { emit } = Server.prototype as { emit: Emit }
  watch()
  expect((Server.prototype as { emit: Emit }).emit).not.toBe(emit)
  undo.pop()?.()
  expect((Server.prototype as { emit: Emit }).emit).toBe(emit)
})

test('what is watched looks as it did: by name and by number of arguments', () => {
  const looks = (): unknown[] =>
    [NetServer.prototype, ServerResponse.prototype].flatMap((prototype) => {
      const { emit, writeHead } = prototype as unknown as Record<string, (() => void) | undefined>
      return [emit?.name, emit?.length, writeHead?.name, writeHead?.length]
    })
  const before = looks()
  watch()
  expect(looks()).toEqual(before)
})
