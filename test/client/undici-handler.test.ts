import { AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import * as undici from 'undici'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchClients } from '../../src/client/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import type { Recorded } from '../recorder.ts'
import { watching } from '../watching.ts'
import { serve, type Running } from './servers.ts'

const VIEW = label('view', 'view')

let server: Running
/** How many requests the server will refuse. */
let refusals: number

beforeEach(async () => {
  watching(watchClients)
  refusals = 0
  server = await serve((request, response) => {
    if (request.url === '/old') response.writeHead(302, { location: '/new' })
    else if (refusals > 0) response.writeHead(503, { 'retry-after': '0' })
    refusals--
    response.end('body')
  })
})
afterEach(() => server.close())

/** Asks for a path in a view of its own; resolves with the view when the whole answer has come. */
async function asked(path: string, dispatcher: undici.Dispatcher): Promise<Recorded> {
  const view = observer.open(VIEW)
  const ask = async (): Promise<string> => (await undici.request(server.url + path, { dispatcher })).body.text()
  expect(await observer.run(view, ask, undefined)).toBe('body')
  return view as Recorded
}

const { redirect, retry } = undici.interceptors
const AGAIN: [string, () => undici.Dispatcher, string, unknown[]][] = [
  ['retry agent', () => new undici.RetryAgent(one(), { minTimeout: 1 }), '/busy', [503, 200]],
  ['retry interceptor', () => one().compose(retry({ minTimeout: 1 })), '/busy', [503, 200]],
  ['redirect interceptor', () => one().compose(redirect({ maxRedirections: 1 })), '/old', [302, 200]],
]
const one = (): undici.Agent => new undici.Agent({ connections: 1 })

test.each(AGAIN)('what the %s asks for again is of the request that asked, whoever opened the connection', async (...row) => {
  const [, make, path, statuses] = row
  const dispatcher = make()
  await asked('/', dispatcher)
  refusals = path === '/busy' ? 1 : 0
  const { children } = await asked(path, dispatcher)
  expect(children.map(({ attributes }) => attributes['http.response.status_code'])).toEqual(statuses)
  await dispatcher.close()
})

test('what listens to a body goes on in the request that asked', async () => {
  const dispatcher = one()
  await asked('/', dispatcher)
  const view = observer.open(VIEW)
  const heard: unknown[] = []
  const note = (): void => void heard.push(observer.current())
  const listen = async (): Promise<void> => {
    const { body } = await undici.request(server.url, { dispatcher })
    await new Promise<void>((resolve) => body.on('data', note).on('end', () => resolve(note())))
  }
  await observer.run(view, listen, undefined)
  expect(heard).toEqual([view, view])
  await dispatcher.close()
})

test('a handler is called on itself, may be frozen, and answers', async () => {
  class Handler {
    #status = 0
    readonly done: (status: number) => void
    constructor(done: (status: number) => void) {
      this.done = done
    }
    onRequestStart(): void {}
    onResponseStart(_controller: unknown, status: number): void {
      this.#status = status
    }
    onResponseData(): void {}
    onResponseEnd(): void {
      this.done(this.#status)
    }
    onResponseError(): void {}
  }
  const client = new undici.Client(server.url)
  const view = observer.open(VIEW)
  const ask = (): Promise<number> =>
    new Promise((resolve) => {
      const handler = Object.freeze(new Handler(resolve))
      client.dispatch({ path: '/', method: 'GET' }, handler)
    })
  expect(await observer.run(view, ask, undefined)).toBe(200)
  await client.close()
})

// As undici 6 and 7 make a request that waited in a pool: where another one gave the connection back.
test('a request that waited in a pool of undici 6 or 7 is of the request that asked', () => {
  const view = observer.open(VIEW) as Recorded
  const handler = observer.run(view, () => new AsyncResource('UNDICI_REQUEST'), undefined)
  const request = { method: 'GET', origin: server.url, path: '/', headers: [], [Symbol('handler')]: handler }
  observer.run(observer.open(VIEW), () => channel('undici:request:create').publish({ request }), undefined)
  expect(view.children.map(({ name }) => name)).toEqual(['GET'])
})
