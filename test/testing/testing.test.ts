import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { capture, print } from '../../src/testing/index.ts'
import '../../src/testing/vitest.ts'

let server: Server
let url = ''
beforeAll(async () => {
  await capture(() => {})
  const { default: express } = await import('express')
  const app = express()
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)')
  for (let id = 1; id <= 20; id++) db.prepare('INSERT INTO book VALUES (?, ?)').run(id, `Book ${id}`)
  const title = db.prepare('SELECT title FROM book WHERE id = ?')
  app.use(function tokens(_request, _response, next) {
    next()
  })
  app.use(function slow(_request, _response, next) {
    setTimeout(() => next(), 30)
  })
  app.get('/books/:id', function bookPage(request, response) {
    response.json(title.get(request.params.id))
  })
  app.get('/books', function bookList(_request, response) {
    response.json(Array.from({ length: 20 }, (_, i) => title.get(i + 1)))
  })
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const body = async (path: string): Promise<unknown> => (await fetch(url + path)).json()

test('a request’s whole timeline is captured, from the client to the query', async () => {
  const { result, timeline } = await capture(() => body('/books/7'))
  expect(result).toEqual({ title: 'Book 7' })
  expect(timeline).toHavePhase('client')
  expect(timeline).toHavePhase('gateway', { named: 'GET /books/:id', times: 1 })
  expect(timeline).toHavePhase('middleware.request', { named: /tokens/ })
  expect(timeline).toHavePhase('db', { atMost: 3 })
  expect(timeline).not.toHavePhase('render')
  expect(timeline).not.toRepeatQueries()
})

test('captures side by side do not mix', async () => {
  const all = await Promise.all(['/books/1', '/books', '/books/2'].map((path) => capture(() => body(path))))
  expect(all.map(({ timeline }) => timeline.spans.filter(({ phase }) => phase === 'gateway').map(({ name }) => name))).toEqual([
    ['GET /books/:id'],
    ['GET /books'],
    ['GET /books/:id'],
  ])
})

test('the same query again and again is noticed', async () => {
  const { timeline } = await capture(() => body('/books'))
  expect(timeline).toRepeatQueries()
})

test('self time is held against another span’s', async () => {
  const { timeline } = await capture(() => body('/books/7'))
  expect(timeline).toSpend(/^tokens/, { timesOf: [0.5, /^slow/] })
  expect(timeline).not.toSpend(/^slow/, { timesOf: [2, /^tokens/] })
  expect(timeline).not.toSpend(/^slow/, { under: 5 })
})

test('what fails says what was found, and prints the timeline', async () => {
  const { timeline } = await capture(() => body('/books/7'))
  expect(() => expect(timeline).toHavePhase('db', { times: 2 })).toThrow(/db: 1 times, expected 2[\s\S]*gateway GET \/books\/:id/)
  expect(() => expect(timeline).toSpend('nobody', { under: 1 })).toThrow(/there is no span nobody/)
  expect(() => expect(timeline).toHavePhase('databse' as never)).toThrow(/"databse" is no phase; known: client/)
  expect(print(timeline)).toMatch(/^· test/)
})

test('what the work throws is thrown', async () => {
  await expect(capture(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
})
