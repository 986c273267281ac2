// oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 waits for them, and in Express 4 these do not fail
import type { Request, RequestHandler, Response } from 'express'
import { named, page, type Place } from './place.ts'

const errors: RequestHandler = () => {
  throw new Error('no')
}

/** From the route that was found to the end of its answer. */
export const HANDLERS: readonly Place[] = [
  {
    where: '`router.param`',
    who: 'resolve param id',
    path: '/7',
    put: (app, _, late) => app.param('id', (_req, _res, next) => late.wait(next)).get('/:id', page),
  },
  {
    where: 'middleware of a route',
    who: 'guard process_view',
    put: (app, _, late) => app.get('/', named('guard', ((_req, _res, next) => late.wait(next)) as RequestHandler), page),
  },
  {
    where: 'handler that is busy',
    who: 'view handler',
    put: (app, _, late) => app.get('/', named('handler', ((_req, res) => (late.burn(), void res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler, after `await`',
    who: 'view handler',
    put: (app, _, late) =>
      app.get('/', named('handler', (async (_req, res) => (await late.pause(), void res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler with a callback',
    who: 'view handler',
    put: (app, _, late) => app.get('/', named('handler', ((_req, res) => late.wait(() => res.send('x'))) as RequestHandler)),
  },
  {
    where: 'handler that writes its head first',
    who: 'view handler',
    put: (app, _, late) =>
      app.get('/', named('handler', ((_req, res) => (res.writeHead(200), late.wait(() => res.end('x')))) as RequestHandler)),
  },
  {
    where: 'stream, after the handler has returned',
    who: 'respond',
    put: (app, _, late) => app.get('/', (_req, res) => (res.write('x'), late.wait(() => res.end('y')))),
  },
  {
    where: 'error handler',
    who: 'sorry process_exception',
    put: (app, _, late) =>
      app
        .get('/', errors)
        .use(
          named('sorry', (_error: unknown, _req: Request, res: Response, _next: unknown) =>
            late.wait(() => res.status(500).end('x')),
          ),
        ),
  },
  {
    where: '`res.render`, in an EJS template',
    who: 'render delayed',
    put(app, _, late) {
      app.set('views', `${import.meta.dirname}/../views`).set('view engine', 'ejs')
      app.get('/', (_req, res) => res.render('delayed', { burn: late.burn }))
    },
  },
]
