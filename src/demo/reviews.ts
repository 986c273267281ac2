// The reviews: a plain Express app, as anybody has one. `wrap(app)` is all that was added.
import { createServer, type RequestListener } from 'node:http'
import type { Express, NextFunction, Request, Response } from 'express'
import { wrap } from '../index.ts'
import { give, listen, serve } from './served.ts'

const STARS: Readonly<Record<string, readonly number[]>> = { 1: [5, 4, 5, 5], 2: [4, 4, 3], 3: [5, 5], 4: [3, 2, 4, 4, 5] }

function starsOf(book: string): { book: number; stars: readonly number[]; average: number } {
  const stars = STARS[book] ?? [4]
  return { book: Number(book), stars, average: stars.reduce((sum, one) => sum + one, 0) / stars.length }
}

function requestId(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('x-request-id', request.get('x-request-id') ?? crypto.randomUUID())
  next()
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('cache-control', 'no-store')
  next()
}

function rateLimit(_request: Request, _response: Response, next: NextFunction): void {
  setImmediate(() => next())
}

function knownBook(request: Request, response: Response, next: NextFunction): void {
  if (Number(request.params.book) > 0) next()
  else response.status(404).json({ error: 'no such book' })
}

function stars(request: Request, response: Response): void {
  response.json(starsOf(String(request.params.book)))
}

function expressApp(express: () => Express): RequestListener {
  const app = wrap(express())
  app.use(requestId, noStore, rateLimit)
  app.get('/stars/:book', knownBook, stars)
  return app
}

/** Express is no dependency of ours: where it is not installed, the same answers come from plain Node. */
const plainApp: RequestListener = (request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(starsOf((request.url ?? '').split('/').at(-1) ?? '')))
}

try {
  const express = await import('express').then(
    (module) => module.default as unknown as () => Express,
    () => undefined,
  )
  const server = createServer(express === undefined ? plainApp : expressApp(express))
  serve(await listen(server), {
    stop() {
      server.close()
      server.closeAllConnections()
    },
  })
} catch (error) {
  give((error as Error).message)
}
