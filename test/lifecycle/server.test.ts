import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import express from 'express'
// @ts-expect-error: express4 is an alias of the package manager, without types of its own
import express4 from 'express4'
import { expect, onTestFinished, test } from 'vitest'
import {
  CommonMiddleware,
  FileResponse,
  Http404,
  HttpResponse,
  JsonResponse,
  lifecycle,
  path,
  redirect,
  requestFinished,
  StreamingHttpResponse,
  TemplateResponse,
} from '../../src/lifecycle/index.ts'
import { ask, served } from './served.ts'

const hello = path('', () => new HttpResponse('hello'))

test('headers, cookies, status and length reach the client as the response has them', async () => {
  const { get } = await served({
    urls: [
      path('', () => {
        const response = new HttpResponse('ünïcode', { status: 201, headers: { 'X-One': '1' } })
        response.setCookie('a', '1')
        response.setCookie('b', '2', { httpOnly: true })
        return response
      }),
    ],
  })
  const { status, headers, body } = await get('/')
  expect({ status, body, one: headers['x-one'], length: headers['content-length'] }).toEqual({
    status: 201,
    body: 'ünïcode',
    one: '1',
    length: '9',
  })
  expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; Path=/; HttpOnly'])
})

test('a length that a later hook made wrong is corrected before it is sent', async () => {
  const { get } = await served({
    middleware: [{ processResponse: (_request, response) => (response.write(' world'), response) }, CommonMiddleware],
    urls: [hello],
  })
  expect(await get('/')).toMatchObject({ body: 'hello world', headers: { 'content-length': '11' } })
})

test.for([
  ['Express 5', express],
  ['Express 4', express4 as typeof express],
] as const)('mounted in %s the prefix is the script name, and headers set outside stay', async ([, make]) => {
  const shop = lifecycle({
    allowedHosts: ['*'],
    urls: [
      path('books/<int:id>/', (request, { id }) => new JsonResponse({ id, url: request.reverse('book', { kwargs: { id } }) }), {
        name: 'book',
      }),
    ],
  })
  const outer = make()
  outer.use((_request, response, next) => (response.setHeader('X-Outer', 'yes'), next()))
  outer.use('/shop', shop)
  const server = createServer(outer).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const answer = await ask((server.address() as AddressInfo).port, '/shop/books/7/')
  expect([answer.status, JSON.parse(answer.body), answer.headers['x-outer']]).toEqual([
    200,
    { id: 7, url: '/shop/books/7/' },
    'yes',
  ])
})

test('what no layer can answer goes to next() where the application is mounted', async () => {
  const outer = express()
  outer.use('/shop', lifecycle({ propagateExceptions: true, urls: [path('', () => Promise.reject(new Error('mine')))] }))
  outer.use(
    (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) =>
      void response.status(418).send(error.message),
  )
  const server = outer.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(await ask((server.address() as AddressInfo).port, '/shop/')).toMatchObject({ status: 418, body: 'mine' })
})

test('a redirect to a name keeps the mount prefix of the settings', async () => {
  const { get } = await served({
    scriptName: '/app',
    urls: [
      path('', (request) => redirect(request, 'x', { args: [1] })),
      path('x/<int:n>/', () => new HttpResponse(''), { name: 'x' }),
    ],
  })
  expect((await get('/app/')).headers.location).toBe('/app/x/1/')
})

test('a file has its type, its length and its name', async () => {
  const { get } = await served({
    urls: [path('', () => new FileResponse('a,b\n', { filename: 'list.csv', asAttachment: true }))],
  })
  expect((await get('/')).headers).toMatchObject({
    'content-type': 'text/csv',
    'content-length': '4',
    'content-disposition': 'attachment; filename="list.csv"',
  })
})

test('a stream is not produced for HEAD, and is closed all the same', async () => {
  const events: string[] = []
  const pieces = {
    *[Symbol.iterator]() {
      yield String(events.push('produced'))
    },
    close: () => events.push('closed'),
  }
  const { get } = await served({ urls: [path('', () => new StreamingHttpResponse(pieces))] })
  await get('/', { method: 'HEAD' })
  expect(events).toEqual(['closed'])
})

test('a client that goes away stops a stream, which is closed', async () => {
  const closed = Promise.withResolvers<void>()
  const finished = Promise.withResolvers<void>()
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield 'x'.repeat(65_536)
    } finally {
      closed.resolve()
    }
  }
  const { port, app, get } = await served({ urls: [hello, path('endless', () => new StreamingHttpResponse(endless()))] })
  onTestFinished(requestFinished.connect(() => finished.resolve(), { sender: app }))
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  await once(socket, 'data')
  socket.destroy()
  await Promise.all([closed.promise, finished.promise])
  expect((await get('/')).status).toBe(200)
})

test('an error in a stream cuts the connection, so that nobody takes the part for the whole', async () => {
  const { get, log } = await served({
    urls: [
      path(
        '',
        () =>
          new StreamingHttpResponse(
            (function* () {
              yield 'half'
              throw new Error('torn')
            })(),
          ),
      ),
    ],
  })
  await expect(get('/')).rejects.toThrow(/aborted|hang up|ECONNRESET/)
  expect(log.map(({ error }) => (error as Error).message)).toEqual(['torn'])
})

test('a template response that nobody rendered is a plain 500, not half an answer', async () => {
  const { get } = await served({
    middleware: [{ processRequest: (request) => new TemplateResponse(request, 'never.html') }],
    urls: [hello],
  })
  expect(await get('/')).toMatchObject({ status: 500, body: 'Internal Server Error\n' })
})

test.for([
  ['/%', 404],
  ['/%zz/', 404],
  ['/%ff%fe/', 404],
  ['/%00', 404],
  ['//evil.example/', 404],
  ['/?q=%zz&%', 200],
])('the target %s is answered with %i', async ([target, status]) => {
  const { get } = await served({ urls: [hello] })
  expect((await get(target as string)).status).toBe(status)
})

test('a wrong host gets 400 and a record in the security log, and nothing of the reason', async () => {
  const { get, log } = await served({ allowedHosts: ['shop.example'], middleware: [CommonMiddleware], urls: [hello] })
  const answer = await get('/', { headers: { host: 'evil.example' } })
  expect(answer.status).toBe(400)
  expect(answer.body).not.toContain('evil')
  expect(log.map(({ logger, level, status }) => [logger, level, status])).toEqual([['security', 'error', 400]])
  expect((await get('/', { headers: { host: 'SHOP.example:8000' } })).status).toBe(200)
})

test('a body over the limit gets 400, announced or not, and the next request is served', async () => {
  const { get } = await served({
    dataUploadMaxMemorySize: 10,
    urls: [hello, path('body', async (request) => new HttpResponse(await request.text()))],
  })
  const long = 'x'.repeat(100_000)
  expect((await get('/body', { method: 'POST', body: 'short' })).body).toBe('short')
  expect((await get('/body', { method: 'POST', body: long })).status).toBe(400)
  expect((await get('/body', { method: 'POST', body: long, headers: { 'transfer-encoding': 'chunked' } })).status).toBe(400)
  expect((await get('/')).status).toBe(200)
})

test('a form comes as its fields and files; a broken one gets 400, one with too many fields too', async () => {
  const { get } = await served({
    dataUploadMaxNumberFields: 3,
    urls: [
      path('', async (request) => {
        const form = await request.form()
        const file = form.get('file')
        return new JsonResponse({ a: form.getAll('a'), file: file instanceof File ? [file.name, await file.text()] : null })
      }),
    ],
  })
  const post = (type: string, body: string) => get('/', { method: 'POST', headers: { 'content-type': type }, body })
  const multipart =
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nhello\r\n--b--\r\n'
  expect(JSON.parse((await post('multipart/form-data; boundary=b', multipart)).body)).toEqual({
    a: ['1'],
    file: ['f.txt', 'hello'],
  })
  expect(JSON.parse((await post('application/x-www-form-urlencoded', 'a=1&a=2')).body)).toEqual({ a: ['1', '2'], file: null })
  expect((await post('multipart/form-data; boundary=b', multipart.slice(0, 60))).status).toBe(400)
  expect((await post('multipart/form-data', multipart)).status).toBe(400)
  expect((await post('application/x-www-form-urlencoded', 'a=1&b=2&c=3&d=4')).status).toBe(400)
})

test('a body that is no JSON gets 400', async () => {
  const { get } = await served({ urls: [path('', async (request) => new JsonResponse(await request.json()))] })
  expect((await get('/', { method: 'POST', body: '{"a":' })).status).toBe(400)
})

test('a client that goes away within its body is an error of the view, and the process lives', async () => {
  const failed = Promise.withResolvers<unknown>()
  const { port, get } = await served({
    urls: [
      hello,
      path('body', (request) =>
        request.text().then(
          () => new HttpResponse(''),
          (error: unknown) => (failed.resolve(error), Promise.reject(error as Error)),
        ),
      ),
    ],
  })
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy()),
  )
  expect(await failed.promise).toMatchObject({ code: 'request_aborted' })
  expect((await get('/')).status).toBe(200)
})

test('a malformed request and one with headers too large get 4xx and a closed connection, and the process lives', async () => {
  const { raw, get } = await served({ urls: [hello] })
  expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
  expect(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(17_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
  expect((await get('/')).status).toBe(200)
})

test('SystemExit stops the server cleanly: it is not caught, and the exit code is its own', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./exits.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  expect((await ask(Number(String(line)), '/stop/')).status).toBe(503)
  expect((await exited)[0]).toBe(7)
})

test('without debug a failing view gives nothing away, and is logged once with its error', async () => {
  const { get, log } = await served({ urls: [path('', () => Promise.reject(new Error('the secret is 42')))] })
  const { status, body } = await get('/')
  expect([status, /secret|42|Error:|\.ts/.test(body)]).toEqual([500, false])
  expect(log.map(({ error }) => (error as Error).message)).toEqual(['the secret is 42'])
})

test('the errors of middlewares that give nothing back say who it was', async () => {
  const { get, log } = await served({
    middleware: [CommonMiddleware, { processResponse: () => undefined as never }],
    urls: [hello],
  })
  expect((await get('/')).status).toBe(500)
  expect(String(log[0]?.error)).toContain('The layer inside CommonMiddleware gave nothing')
})

test('an exception raised with a message for the client gives its own page', async () => {
  const { get } = await served({
    urls: [
      path('', () => {
        throw new Http404('no such book')
      }),
    ],
    errorPage: (_request, status, error) => new HttpResponse(`${status} ${(error as Error).message}`, { status }),
  })
  expect(await get('/')).toMatchObject({ status: 404, body: '404 no such book' })
})
