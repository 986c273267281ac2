import { expect, test } from 'vitest'
import { news } from '../../src/query/live.ts'
import { bookshop, spansOf } from './bookshop.ts'
import { served } from './fixture.ts'
import { stubStore } from './stub-store.ts'

/** Reads pieces of a stream until one holds the text. */
async function until(stream: AsyncIterator<string>, text: string): Promise<string> {
  for (let all = ''; ;) {
    const { value, done } = await stream.next()
    if (done === true) throw new Error(`The stream ended without ${text}: ${all}`)
    all += value
    if (all.includes(text)) return all
  }
}

const idIn = (piece: string): string => /^id: (.*)$/m.exec(piece)?.[1] ?? ''

test('a new timeline is told as an event with its summary', async () => {
  const store = stubStore()
  const feed = news(store, 'era')
  const stream = feed.read(undefined)
  await until(stream, ': phaseline')
  const next = until(stream, 'event: summary')
  store.receive(spansOf(bookshop(), 1))
  const data = /^data: (.*)$/m.exec(await next)?.[1] ?? ''
  expect(JSON.parse(data)).toMatchObject({
    traceId: '1'.padStart(32, '0'),
    name: 'GET /books/<int:id>/',
    middlewares: expect.arrayContaining(['SecurityMiddleware', 'SessionMiddleware', 'CsrfMiddleware']) as unknown,
    routes: ['/books/<int:id>/'],
  })
  feed.close()
})

test('who comes back gets what was told meanwhile, once', async () => {
  const store = stubStore()
  const feed = news(store, 'era', { pauseMs: 0 })
  const stream = feed.read(undefined)
  await until(stream, ': phaseline')
  store.receive(spansOf(bookshop(), 1))
  const seen = idIn(await until(stream, 'event: summary'))
  await stream.return(undefined)
  store.receive(spansOf(bookshop(), 2))
  store.receive(spansOf(bookshop(), 3))
  const again = await until(feed.read(seen), 'event: summary')
  expect([...again.matchAll(/^id: (.*)$/gm)].map((match) => match[1])).toEqual(['era-2', 'era-3'])
  feed.close()
})

test('an id of an earlier run of the collector means nothing: only what is new is told', async () => {
  const store = stubStore()
  const feed = news(store, 'second')
  store.receive(spansOf(bookshop(), 1))
  const stream = feed.read('first-0')
  await until(stream, ': phaseline')
  const next = until(stream, 'event: summary')
  store.receive(spansOf(bookshop(), 2))
  expect(idIn(await next)).toBe('second-2')
  feed.close()
})

test('silence is broken by a heartbeat', async () => {
  const feed = news(stubStore(), 'era', { heartbeatMs: 1 })
  expect(await until(feed.read(undefined), 'still here')).toContain(': still here')
  feed.close()
})

test('closing the server ends its streams', async () => {
  const serving = await served()
  const response = await fetch(`${serving.url}/api/live`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reader = response.body?.getReader()
  await reader?.read()
  await serving.close()
  await expect(fetch(`${serving.url}/api/status`)).rejects.toThrow()
})

test('a name from a stranger cannot break out of its event', async () => {
  const store = stubStore()
  const feed = news(store, 'era')
  const stream = feed.read(undefined)
  await until(stream, ': phaseline')
  const next = until(stream, 'event: summary')
  store.receive(spansOf({ ...bookshop(), inside: [], name: 'x\n\nevent: summary\ndata: {}' }, 4))
  expect((await next).match(/^event:/gm)).toHaveLength(1)
  feed.close()
})
