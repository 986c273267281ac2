/**
 * A real Express app that asks itself all the time: a middleware, a query, a template, a route that fails and one that hangs behind a
 * middleware. Says its port. Run with `--import …/register.ts`.
 */
import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import express, { type NextFunction, type Request, type Response } from 'express'

const database = new DatabaseSync(':memory:')
database.exec('CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)')
const byId = database.prepare('SELECT title FROM book WHERE id = ?')

const app = express()
// Its template is this file: what it says does not matter.
app.engine('ts', (_file: string, _options: object, done: (error: null, text: string) => void) => done(null, 'a book'))
app.set('views', import.meta.dirname)
app.set('view engine', 'ts')
app.use(function session(_request: Request, _response: Response, next: NextFunction) {
  setTimeout(() => next(), 3)
})
app.get('/books/:id', (request, response) => {
  byId.get(Number(request.params.id))
  response.render('scraped-app')
})
app.get('/broken', (_request, response) => void response.status(500).end())
app.use('/hangs', function lock() {})

const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  const call = (path: string): void =>
    void get({ port, path, agent: false }, (response) => response.resume()).on('error', () => {})
  setInterval(() => call('/books/7'), 40)
  setInterval(() => call('/broken'), 200)
  call('/hangs')
  console.log(port)
})
