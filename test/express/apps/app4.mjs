import express from 'express4'
import { books } from './books4.mjs'

const app = express()
app.use((_req, _res, next) => next())
app.use('/books', books)
const server = app.listen(0, '127.0.0.1', async () => {
  await fetch(`http://127.0.0.1:${server.address().port}/books/7`)
  server.close()
  server.closeAllConnections()
})
