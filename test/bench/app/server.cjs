// The one application that every mode of the bench runs: Express 5, seven middlewares, thirty routes, node:sqlite, ejs.
// CommonJS, because that is what OpenTelemetry's instrumentations hook without a loader: the favourable case for them.
// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them
const { join } = require('node:path')
const { DatabaseSync } = require('node:sqlite')
const express = require('express')

const database = new DatabaseSync(':memory:')
database.exec('CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, author TEXT, pages INTEGER)')
const insert = database.prepare('INSERT INTO book VALUES (?, ?, ?, ?)')
for (let id = 1; id <= 500; id++) insert.run(id, `The ${id}th book`, `Author ${id % 50}`, 100 + (id % 400))
const byId = database.prepare('SELECT id, title, author, pages FROM book WHERE id = ?')
const findBook = async (id) => byId.get(id)

const sessions = new Map([['abc', { user: 3, messages: ['welcome'] }]])
const users = new Map([[3, { name: 'grace' }]])

const app = express()
app.disable('x-powered-by')
app.set('views', join(__dirname, 'views'))
app.set('view engine', 'ejs')
app.enable('view cache')

app.use(function security(request, response, next) {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'same-origin')
  next()
})
app.use(async function session(request, response, next) {
  const id = /(?:^|; *)sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]
  request.session = (await Promise.resolve(sessions.get(id))) ?? {}
  next()
})
app.use(express.json())
app.use(function csrf(request, response, next) {
  if (request.method === 'GET' || request.headers['x-csrf'] === 'yes') next()
  else response.status(403).end()
})
app.use(async function authentication(request, response, next) {
  request.user = await Promise.resolve(users.get(request.session.user))
  next()
})
app.use(function messages(request, response, next) {
  response.locals.messages = request.session.messages ?? []
  next()
})
app.use(function frames(request, response, next) {
  response.setHeader('x-frame-options', 'DENY')
  next()
})

const router = express.Router()
const others = (from, to) => {
  for (let number = from; number <= to; number++) {
    router.get(`/shelf${number}/:id`, function shelf(request, response) {
      response.json({ number, id: request.params.id })
    })
  }
}
others(1, 6)
router.get('/hello', function hello(request, response) {
  response.type('text').send('hello')
})
others(7, 18)
router.get('/api/books/:id', async function bookData(request, response) {
  const book = await findBook(Number(request.params.id))
  if (book === undefined) response.status(404).json({ error: 'no such book' })
  else response.json(book)
})
others(19, 23)
router.get('/books/:id', async function bookPage(request, response) {
  const book = await findBook(Number(request.params.id))
  if (book === undefined) response.status(404).end()
  else response.render('book', { book, user: request.user })
})
others(24, 27)
app.use(router)

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
server.keepAliveTimeout = 60_000

// The bench asks by IPC, which no tracer sees.
process.on('message', async ({ ask }) => {
  if (ask === 'flush') await globalThis.benchFlush?.()
  if (ask === 'exit') process.exit(0)
  process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit(0))
