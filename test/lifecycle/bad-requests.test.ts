import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeEach, expect, test } from 'vitest'
import { watchServers } from '../../src/gateway/watch.ts'
import { HttpResponse, JsonResponse, path, SystemExit, View } from '../../src/lifecycle/index.ts'
import type { Recorder } from '../recorder.ts'
import { watching } from '../watching.ts'
import { served } from './served.ts'

let spans: Recorder
beforeEach(() => void (spans = watching(watchServers)))

class Page extends View {
  get(): HttpResponse {
    return new HttpResponse('page')
  }
}

const settings = {
  allowedHosts: ['127.0.0.1', 'localhost'],
  dataUploadMaxMemorySize: 1000,
  middleware: [{ name: 'Hosts', processRequest: (request: { host(): string }) => void request.host() }],
  urls: [
    path('page', Page.asView()),
    path('form', async function form(request) {
      return new JsonResponse([...(await request.form()).keys()])
    }),
    path('stop', function stop() {
      throw new SystemExit(0)
    }),
  ],
}
const multipart = { 'content-type': 'multipart/form-data; boundary=x' }

test.for([
  ['malformed percent-encoding', '/%zz', {}, 404, ['resolve'], 'not_found'],
  ['bytes that are not UTF-8', '/%ff%fe', {}, 404, ['resolve'], 'not_found'],
  ['a wrong host', '/page', { headers: { host: 'evil.example' } }, 400, ['Hosts process_request'], 'disallowed_host'],
  ['no host name', '/page', { headers: { host: 'a b' } }, 400, ['Hosts process_request'], 'disallowed_host'],
  [
    'a body too large',
    '/form',
    { method: 'POST', headers: multipart, body: 'y'.repeat(2000) },
    400,
    ['view form'],
    'request_too_big',
  ],
  [
    'broken multipart',
    '/form',
    { method: 'POST', headers: multipart, body: '--x\r\nnothing' },
    400,
    ['view form'],
    'multipart_error',
  ],
] as const)('%s: the span where it was found says why, none is an error, and the client learns nothing', async (given) => {
  const [, target, asking, status, [name], type] = given
  const { get } = await served(settings)
  const ended = spans.ended()
  const { status: got, body } = await get(target, asking)
  await ended
  expect(got).toBe(status)
  expect(body).not.toContain(type)
  const gateway = spans.find('gateway')
  expect([gateway.attributes['http.response.status_code'], gateway.error]).toEqual([status, undefined])
  expect(spans.find(name).attributes).toMatchObject({ 'error.type': type, 'phaseline.outcome': 'raise' })
  expect(spans.phases().filter(({ error, finish }) => error !== undefined || finish === undefined)).toEqual([])
})

test.for([
  ['GET', 200, 'page', undefined],
  ['HEAD', 200, '', undefined],
  ['OPTIONS', 200, '', 'GET, OPTIONS'],
  ['DELETE', 405, '', 'GET, OPTIONS'],
] as const)('%s of a class view: status %i, and no span is an error', async ([method, status, body, allow]) => {
  const { get } = await served(settings)
  const ended = spans.ended()
  const answer = await get('/page', { method })
  await ended
  expect([answer.status, answer.body, answer.headers['allow']?.replace('HEAD, ', '')]).toEqual([status, body, allow])
  expect(spans.find('view Page').parent?.name).toBe('handler')
  expect(spans.phases().filter(({ error, finish }) => error !== undefined || finish === undefined)).toEqual([])
})

test('headers too large are refused before there is a request: 431, and no span', async () => {
  const { raw } = await served(settings)
  expect(await raw(`GET /page HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  expect(spans.all('handler')).toEqual([])
})

test('a client that goes away half-way: the view fails with it, the gateway ends without a status, and the process lives', async () => {
  const { port, get } = await served(settings)
  const ended = spans.ended()
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    'POST /form HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 500\r\n\r\n--x',
    () => setImmediate(() => socket.destroy()),
  )
  await ended
  expect(spans.find('gateway').attributes).not.toHaveProperty('http.response.status_code')
  expect((await get('/page')).body).toBe('page')
  expect(spans.find('view form').error).toBe('request_aborted')
})

test('SystemExit fails the spans that it passes, and the request gets 503', async () => {
  const { get } = await served(settings)
  const ended = spans.ended()
  expect((await get('/stop')).status).toBe(503)
  await ended
  process.exitCode = undefined
  expect(['view stop', 'handler', 'gateway'].map((name) => spans.find(name).error)).toEqual(Array(3).fill('SystemExit'))
})
