// The same small app on Express 5 or on the lifecycle framework, for the benchmark: `node lifecycle-server.ts express|lifecycle`.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import type Express from 'express'
import { Liquid } from 'liquidjs'
import { HttpResponse, JsonResponse, lifecycle, path, render, type HttpRequest, type Hooks } from '../../src/lifecycle/index.ts'

// OpenTelemetry's instrumentation hooks into require().
const express = createRequire(import.meta.url)('express') as typeof Express

const TEMPLATES = join(import.meta.dirname, 'app')
const NAMES = ['security', 'session', 'common', 'csrf', 'auth', 'messages', 'clickjacking']
const ROUTES = Array.from({ length: 27 }, (_, i) => `section${i}`)
const page = (id: string | number): object => ({ title: 'Dune', id, chapters: ['One', 'Two', 'Three'] })

function onExpress(): RequestListener {
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.engine('html', new Liquid({ root: TEMPLATES, cache: true, outputEscape: 'escape' }).express())
  app.set('views', TEMPLATES)
  for (const name of NAMES)
    app.use(
      Object.defineProperty(
        (request: Express.Request, response: Express.Response, next: Express.NextFunction) => {
          ;(request as unknown as Record<string, unknown>)[name] = request.headers.cookie
          response.setHeader(`X-${name}`, '1')
          next()
        },
        'name',
        { value: name },
      ),
    )
  for (const name of ROUTES) app.get(`/${name}/:id`, (_request, response) => void response.send(name))
  app.get('/hello', (_request, response) => void response.send('hello'))
  app.get('/api/books/:id', ({ params }, response) => void response.json(page(Number(params.id))))
  app.get('/books/:id', ({ params }, response) => response.render('lifecycle.html', page(Number(params.id))))
  return app
}

function onLifecycle(): RequestListener {
  const middleware = NAMES.map((name): Hooks => ({
    name,
    processRequest: (request) => void (request.state[name] = request.headers['cookie']),
    processResponse(_request, response) {
      response.headers.set(`X-${name}`, '1')
      return response
    },
  }))
  return lifecycle({
    middleware,
    templates: TEMPLATES,
    urls: [
      ...ROUTES.map((name) => path(`${name}/<int:id>`, () => new HttpResponse(name))),
      path('hello', () => new HttpResponse('hello')),
      path('api/books/<int:id>', (_request: HttpRequest, { id }) => new JsonResponse(page(id))),
      path('books/<int:id>', (request, { id }) => render(request, 'lifecycle.html', { ...page(id) })),
    ],
  })
}

const server = createServer(process.argv[2] === 'express' ? onExpress() : onLifecycle())
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  const flushed = (globalThis as { benchFlush?: () => Promise<void> }).benchFlush?.()
  void Promise.resolve(flushed).then(() => process.send?.({ cpu: process.cpuUsage() }))
})
process.on('disconnect', () => process.exit(0))
