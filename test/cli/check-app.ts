/** A real Express app with a middleware that takes 30 ms. Says its port. Run with `--import …/register.ts`. */
import type { AddressInfo } from 'node:net'
import express, { type NextFunction, type Request, type Response } from 'express'

const app = express()
app.use(function tokens(_request: Request, _response: Response, next: NextFunction) {
  next()
})
app.use(function sessions(_request: Request, _response: Response, next: NextFunction) {
  setTimeout(() => next(), 30)
})
app.get('/books/:id', (request, response) => void response.json({ id: request.params.id }))
const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
