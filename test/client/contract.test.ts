import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { watchClients } from '../../src/client/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { recorder, type Recorded, type Recorder } from '../recorder.ts'
import { CLIENTS, type Client } from './clients.ts'
import { deadPort, serve, type Running } from './servers.ts'

const HELLO = 'hello'
const around = label('view', 'view page')

let seen: Recorder
let unwatch: () => void
let client: Client
const running: Running[] = []

async function up(...args: Parameters<typeof serve>): Promise<Running> {
  running.push(await serve(...args))
  return running.at(-1) as Running
}

/** undici frees a connection a turn after the body's end. */
const freed = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

beforeEach(() => {
  seen = recorder()
  unwatch = watchClients()
})
afterEach(async () => {
  unwatch()
  seen.restore()
  await client.close()
  await Promise.all(running.splice(0).map((each) => each.close()))
})

describe.each(Object.entries(CLIENTS))('%s tells its connection', (_name, make) => {
  beforeEach(() => void (client = make()))

  test('a fresh HTTPS connection has every phase, in order', async () => {
    const { url, port } = await up((_request, response) => void response.end(HELLO), { tls: true })
    const ended = seen.ended()
    expect(await (await client.ask(`${url}/books`)).text()).toBe(HELLO)
    await ended
    expect(seen.sentences()).toEqual([
      'client GET > wait for connection > DNS lookup localhost',
      `client GET > wait for connection > socket connect 127.0.0.1:${port}`,
      'client GET > wait for connection > TLS client handshake localhost',
      'client GET > send request',
      'client GET > wait for response',
      'client GET > receive response',
    ])
    expect(seen.find('client').attributes).toEqual({
      'http.request.method': 'GET',
      'url.full': `${url}/books`,
      'server.address': 'localhost',
      'server.port': port,
      'http.response.status_code': 200,
      'network.protocol.version': '1.1',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': port,
      'phaseline.connection.reused': false,
    })
    expect(seen.find('dns').attributes).toEqual({ 'dns.question.name': 'localhost', 'dns.answers': ['127.0.0.1'] })
    expect(seen.find('tls').attributes).toMatchObject({ 'tls.protocol.version': '1.3', 'tls.resumed': false })
    expect(seen.find('tls').attributes['tls.cipher']).toMatch(/^TLS_/)
  })

  test('the steps of a call touch each other and fill it', async () => {
    const { url } = await up((_request, response) => void response.end(HELLO), { tls: true })
    const ended = seen.ended()
    await (await client.ask(url)).text()
    await ended
    const call = seen.find('client')
    const steps = call.children
    expect(steps[0]?.start).toBe(call.start)
    expect(steps.slice(1).map(({ start }) => start)).toEqual(steps.slice(0, -1).map(({ finish }) => finish))
    expect(steps.at(-1)?.finish).toBe(call.finish)
    expect(call.self).toBeCloseTo(0, 9)
    for (const phase of seen.phases()) expectInside(phase)
  })

  test('a reused connection has nothing of the making of one', async () => {
    const { url } = await up((_request, response) => void response.end(HELLO))
    const ended = seen.ended(2)
    await (await client.ask(url)).text()
    await freed()
    await (await client.ask(url)).text()
    await ended
    expect(seen.all('client').map(({ attributes }) => attributes['phaseline.connection.reused'])).toEqual([false, true])
    expect(seen.all('client')[1]?.children.map(({ id }) => id)).toEqual(['client.send', 'client.ttfb', 'client.receive'])
  })

  test('a call that has to wait until the only connection is free says so, and connects nothing', async () => {
    const { url } = await up((_request, response) => void response.end(HELLO))
    const ended = seen.ended(2)
    await Promise.all([1, 2].map(async () => (await client.ask(url)).text()))
    await ended
    const [first, second] = seen.all('client') as [Recorded, Recorded]
    expect(first.children[0]?.children.map(({ id }) => id)).toEqual(['dns', 'connect'])
    expect(second.children.map(({ id }) => id)).toEqual(['client.wait', 'client.send', 'client.ttfb', 'client.receive'])
    expect(second.children[0]?.children).toEqual([])
    expect(second.attributes['phaseline.connection.reused']).toBe(true)
  })
})

describe.each(Object.entries(CLIENTS))('%s tells its attempts', (_name, make) => {
  beforeEach(() => void (client = make()))

  test('a refused connection fails the attempt and the call', async () => {
    const port = await deadPort()
    const ended = seen.ended()
    await expect(client.ask(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    await ended
    expect(seen.sentences()).toEqual([
      `client GET !ECONNREFUSED > wait for connection > socket connect 127.0.0.1:${port} !ECONNREFUSED`,
    ])
  })

  test('a name that does not exist fails the lookup and the call', async () => {
    await client.close()
    client = make({
      lookup: (_host, _options, answer) =>
        process.nextTick(() => answer(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])),
    })
    const ended = seen.ended()
    await expect(client.ask('http://nowhere.test/')).rejects.toThrow()
    await ended
    expect(seen.sentences()).toEqual(['client GET !ENOTFOUND > wait for connection > DNS lookup nowhere.test !ENOTFOUND'])
  })

  test('in a race of addresses every attempt is told, and a failed one does not fail the call', async () => {
    await client.close()
    const both = [
      { address: '127.0.0.9', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    client = make({ lookup: (_host, _options, answer) => process.nextTick(() => answer(null, both)) })
    const { port } = await up((_request, response) => void response.end(HELLO))
    const ended = seen.ended()
    await (await client.ask(`http://books.test:${port}/`)).text()
    await ended
    expect(seen.sentences().slice(0, 3)).toEqual([
      'client GET > wait for connection > DNS lookup books.test',
      `client GET > wait for connection > socket connect 127.0.0.9:${port} !ECONNREFUSED`,
      `client GET > wait for connection > socket connect 127.0.0.1:${port}`,
    ])
    expect(seen.find('dns').attributes['dns.answers']).toEqual(['127.0.0.9', '127.0.0.1'])
  })
})

describe.each(Object.entries(CLIENTS))('%s tells its steps', (_name, make) => {
  beforeEach(() => void (client = make()))

  test('a body that comes slowly is received until its last byte', async () => {
    const rest = Promise.withResolvers<void>()
    const { url } = await up(async (_request, response) => {
      response.write('first')
      await rest.promise
      response.end('last')
    })
    const ended = seen.ended()
    const response = await client.ask(url)
    expect(seen.find('client').finish).toBeUndefined()
    expect(seen.find('client.ttfb').finish).toBeDefined()
    rest.resolve()
    expect(await response.text()).toBe('firstlast')
    await ended
    expect(seen.find('client.receive').finish).toBe(seen.find('client').finish)
  })

  test('a body sent is part of the sending, with its size', async () => {
    const received = Promise.withResolvers<string>()
    const { url } = await up(async (request, response) => {
      received.resolve((await request.setEncoding('utf8').toArray()).join(''))
      response.end()
    })
    const ended = seen.ended()
    await (await client.ask(url, { method: 'POST', body: 'title=Emma', headers: { 'content-length': '10' } })).text()
    await ended
    expect(await received.promise).toBe('title=Emma')
    expect(seen.find('client').name).toBe('POST')
    expect(seen.find('client.send').attributes).toEqual({ 'http.request.body.size': 10 })
  })

  test('4xx and 5xx are errors for the one who asked', async () => {
    const { url } = await up((request, response) => void response.writeHead(request.url === '/gone' ? 410 : 503).end())
    const ended = seen.ended(2)
    await (await client.ask(`${url}/gone`)).text()
    await (await client.ask(`${url}/down`)).text()
    await ended
    expect(seen.all('client').map(({ error }) => error)).toEqual(['410', '503'])
  })
})

describe.each(Object.entries(CLIENTS))('%s tells its end', (_name, make) => {
  beforeEach(() => void (client = make()))

  test('giving up on purpose is no error', async () => {
    const arrived = Promise.withResolvers<void>()
    const { url } = await up(() => arrived.resolve())
    const giveUp = new AbortController()
    const ended = seen.ended()
    const answer = client.ask(url, { signal: giveUp.signal })
    await arrived.promise
    giveUp.abort()
    await expect(answer).rejects.toThrow()
    await ended
    expect(seen.find('client')).toMatchObject({ error: undefined, attributes: { 'phaseline.cancelled': true } })
    expect(seen.find('client').children.at(-1)?.id).toBe('client.ttfb')
  })

  test('a timeout is an error, and named', async () => {
    const arrived = Promise.withResolvers<void>()
    const { url } = await up(() => arrived.resolve())
    const late = new AbortController()
    const ended = seen.ended()
    const answer = client.ask(url, { signal: late.signal })
    await arrived.promise
    // As `AbortSignal.timeout` does, whose time a busy machine may use up before the request is sent.
    late.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    await expect(answer).rejects.toThrow()
    await ended
    expect(seen.find('client').error).toBe('TimeoutError')
  })

  test('a connection that breaks within the body is an error of the call', async () => {
    const { url } = await up((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('only this')
      void once(request, 'end').then(() => request.socket.destroySoon())
      request.resume()
    })
    const ended = seen.ended()
    const response = await client.ask(url)
    await expect(response.text()).rejects.toThrow()
    await ended
    expect(seen.find('client').error).toMatch(/^(UND_ERR_SOCKET|ECONNRESET)$/)
    expect(seen.find('client').children.at(-1)?.id).toBe('client.receive')
  })

  test('a server that hangs up without an answer is an error of the call', async () => {
    const { url } = await up((request) => void request.socket.end())
    const ended = seen.ended()
    await expect(client.ask(url)).rejects.toThrow()
    await ended
    expect(seen.find('client').error).toMatch(/^(UND_ERR_SOCKET|ECONNRESET)$/)
  })
})

describe.each(Object.entries(CLIENTS))('%s carries context', (_name, make) => {
  beforeEach(() => void (client = make()))

  test('the request carries the context of its client phase', async () => {
    const headers = Promise.withResolvers<unknown>()
    const { url } = await up((request, response) => {
      headers.resolve(request.headers.traceparent)
      response.end()
    })
    const ended = seen.ended()
    await (await client.ask(url)).text()
    await ended
    expect(await headers.promise).toBe(seen.find('client').propagate().traceparent)
  })

  test("the request's baggage goes along, unless the caller has some of its own", async () => {
    const { url } = await up((request, response) => void response.end(String(request.headers['baggage'])))
    const view = observer.open(around)
    view.baggage = 'shop=main,user=7'
    const baggageOf = async (headers?: Record<string, string>): Promise<string> =>
      (await client.ask(url, headers === undefined ? {} : { headers })).text()
    expect(await observer.run(view, () => baggageOf(), undefined)).toBe('shop=main,user=7')
    expect(await observer.run(view, () => baggageOf({ baggage: 'mine=1' }), undefined)).toBe('mine=1')
    view.end()
  })

  test("a traceparent of the caller's own is left alone", async () => {
    const own = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const headers = Promise.withResolvers<unknown>()
    const { url } = await up((request, response) => {
      headers.resolve(request.headers.traceparent)
      response.end()
    })
    await (await client.ask(url, { headers: { TraceParent: own } })).text()
    expect(await headers.promise).toBe(own)
  })

  test('a call belongs to the phase it is made in', async () => {
    const { url } = await up((_request, response) => void response.end())
    const view = observer.open(around)
    await observer.run(view, async () => (await client.ask(url)).text(), undefined)
    expect(seen.find('client').parent).toBe(view)
  })

  test('in a phase that nobody records, the context is passed on and nothing else', async () => {
    seen.restore()
    seen = recorder({ recording: false })
    const headers = Promise.withResolvers<unknown>()
    const { url } = await up((request, response) => {
      headers.resolve(request.headers.traceparent)
      response.end()
    })
    const view = observer.open(around)
    await observer.run(view, async () => (await client.ask(url)).text(), undefined)
    expect(seen.phases()).toEqual([view])
    expect(await headers.promise).toBe(view.propagate().traceparent)
  })

  test('where nobody watches, requests carry nothing', async () => {
    seen.restore()
    const headers = Promise.withResolvers<unknown>()
    const { url } = await up((request, response) => {
      headers.resolve(request.headers)
      response.end()
    })
    await (await client.ask(url)).text()
    expect(await headers.promise).not.toHaveProperty('traceparent')
  })
})

function expectInside({ parent, name, start, finish }: Recorded): void {
  if (parent === undefined) return
  expect(start, name).toBeGreaterThanOrEqual(parent.start)
  expect(finish, name).toBeLessThanOrEqual(parent.finish as number)
}
