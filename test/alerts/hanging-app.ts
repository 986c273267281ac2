/** A real Express app with a middleware that hangs until `POST /release`. Says its port. Run with `--import …/register.ts`. */
import type { AddressInfo } from 'node:net'
import express, { type NextFunction, type Request, type Response } from 'express'

const app = express()
const waiting: NextFunction[] = []

app.post('/release', (_request, response) => {
  for (const next of waiting.splice(0)) next()
  response.end()
})
app.use(function lock(_request: Request, _response: Response, next: NextFunction) {
  waiting.push(next)
})
app.get('/', (_request, response) => void response.end('at last'))

const server = app.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
