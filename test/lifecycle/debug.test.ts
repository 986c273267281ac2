import { expect, test } from 'vitest'
import { HttpResponse, include, path } from '../../src/lifecycle/index.ts'
import { served } from './served.ts'

const urls = [
  path('', () => new HttpResponse('home'), { name: 'home' }),
  path('api/', include([path('books/<int:id>/', () => new HttpResponse(''))])),
  path('boom/<str:what>/', function explode(_request, { what }) {
    throw new TypeError(`cannot read <${what as string}>`) // the line of the crime
  }),
]
const middleware = [
  { name: 'Timing', processRequest: () => undefined, processResponse: (_request: unknown, response: HttpResponse) => response },
]

test('with debug a 404 lists the patterns that were tried, includes too', async () => {
  const { get } = await served({ debug: true, middleware, urls })
  const { status, body } = await get('/api/books/x/')
  expect(status).toBe(404)
  expect([...body.matchAll(/<li><code>(.*?)<\/code>/g)].map(([, text]) => text)).toEqual([
    '(empty)',
    'api/ → books/&lt;int:id&gt;/',
    'boom/&lt;str:what&gt;/',
  ])
})

test('with debug a 500 shows the error, its source and the phases of this very request, and hides secrets', async () => {
  const { get } = await served({ debug: true, middleware, urls })
  const { status, body } = await get('/boom/script/', {
    headers: { cookie: 'sessionid=s3cret', authorization: 'Bearer s3cret', 'x-other': '<shown>' },
  })
  expect(status).toBe(500)
  expect(body).toContain('TypeError: cannot read &lt;script&gt;')
  expect(body).toMatch(/<mark>[^<]*the line of the crime/)
  expect(
    [...body.matchAll(/<tr[^>]*><td style[^>]*>([^<]*)<\/td><td>[\d.]+ ms<\/td><td>([^<]*)/g)].map(([, name, outcome]) => [
      name,
      outcome,
    ]),
  ).toEqual([
    ['Timing process_request', ''],
    ['resolve', ''],
    ['view explode', 'TypeError'],
    ['handler500', ''],
  ])
  expect(body).toContain('&lt;shown&gt;')
  expect(body).not.toContain('s3cret')
})

test('without debug the same requests give away nothing', async () => {
  const { get } = await served({ middleware, urls })
  expect((await get('/api/books/x/')).body).not.toMatch(/books|boom/)
  expect((await get('/boom/script/')).body).not.toMatch(/TypeError|script|explode/)
})

test('an application’s own handlers are for its users, the debug pages for its developers', async () => {
  const { urlconf } = await import('../../src/lifecycle/index.ts')
  const conf = urlconf({ patterns: urls, handlers: { 404: () => new HttpResponse('mine', { status: 404 }) } })
  const debugging = await served({ debug: true, urls: conf })
  const running = await served({ urls: conf })
  expect((await running.get('/nope')).body).toBe('mine')
  expect((await debugging.get('/nope')).body).toContain('These patterns were tried')
})
