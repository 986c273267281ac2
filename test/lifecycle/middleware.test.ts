import helmet from 'helmet'
import { expect, test } from 'vitest'
import {
  ANONYMOUS,
  AuthenticationMiddleware,
  checkPassword,
  CommonMiddleware,
  CsrfViewMiddleware,
  csrfToken,
  defaultMiddleware,
  fromExpress,
  HttpResponse,
  ImproperlyConfigured,
  lifecycle,
  login,
  loginRequired,
  logout,
  makePassword,
  memorySessions,
  MessageMiddleware,
  path,
  SecurityMiddleware,
  SessionMiddleware,
  StreamingHttpResponse,
  XFrameOptionsMiddleware,
  type LogRecord,
  type Settings,
} from '../../src/lifecycle/index.ts'
import { cookiesOf, served, SECRET } from './served.ts'

const hello = path('', () => new HttpResponse('hello'))
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

test('the default list is the one of a new Django project', () => {
  expect(defaultMiddleware.map((entry) => (entry as { name: string }).name)).toEqual([
    'SecurityMiddleware',
    'SessionMiddleware',
    'CommonMiddleware',
    'CsrfViewMiddleware',
    'AuthenticationMiddleware',
    'MessageMiddleware',
    'XFrameOptionsMiddleware',
  ])
})

test('security headers are set unless the response has them', async () => {
  const own = path('own', () => new HttpResponse('', { headers: { 'Referrer-Policy': 'origin' } }))
  const { get } = await served({ middleware: [SecurityMiddleware, XFrameOptionsMiddleware], urls: [hello, own] })
  expect((await get('/')).headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  expect((await get('/')).headers['strict-transport-security']).toBeUndefined()
  expect((await get('/own')).headers['referrer-policy']).toBe('origin')
})

test('plain requests are redirected to TLS, and HSTS is said by TLS only', async () => {
  const { get } = await served({
    middleware: [SecurityMiddleware],
    security: {
      sslRedirect: true,
      redirectExempt: [/^health$/],
      hstsSeconds: 60,
      hstsIncludeSubdomains: true,
      hstsPreload: true,
    },
    secureProxySslHeader: ['x-forwarded-proto', 'https'],
    urls: [hello, path('health', () => new HttpResponse('ok'))],
  })
  expect(await get('/?a=1', { headers: { host: 'localhost' } })).toMatchObject({
    status: 301,
    headers: { location: 'https://localhost/?a=1' },
  })
  expect((await get('/health')).status).toBe(200)
  const secure = await get('/', { headers: { 'x-forwarded-proto': 'https' } })
  expect([secure.status, secure.headers['strict-transport-security']]).toEqual([200, 'max-age=60; includeSubDomains; preload'])
})

const counter = path('', (request) => {
  const count = Number(request.session.get('count') ?? 0) + 1
  request.session.set('count', count)
  return new HttpResponse(String(count))
})

test.for([
  ['a signed cookie', {}],
  ['a store', { store: memorySessions() }],
] as [string, NonNullable<Settings['session']>][])(
  'a session in %s lasts from request to request, and a forged cookie is none',
  async ([, session]) => {
    const { get } = await served({ middleware: [SessionMiddleware], session, urls: [counter] })
    const first = await get('/')
    const cookie = cookiesOf(first)
    expect([first.body, first.headers['vary']]).toEqual(['1', 'Cookie'])
    expect(first.headers['set-cookie']?.[0]).toMatch(/^sessionid=.*; HttpOnly; SameSite=Lax$/)
    const second = await get('/', { headers: { cookie } })
    expect(second.body).toBe('2')
    const forged = cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    expect((await get('/', { headers: { cookie: forged } })).body).toBe('1')
  },
)

test('a session is signed with the first key and read with any, and is not saved with a 500', async () => {
  const old = await served({ middleware: [SessionMiddleware], urls: [counter] })
  const cookie = cookiesOf(await old.get('/'))
  const fails = path('fails', (request) => (request.session.set('count', 9), new HttpResponse('', { status: 500 })))
  const { get } = await served({
    middleware: [SessionMiddleware],
    secretKey: [SECRET.toUpperCase(), SECRET],
    urls: [counter, fails],
  })
  expect((await get('/fails', { headers: { cookie } })).headers['set-cookie']).toBeUndefined()
  expect((await get('/', { headers: { cookie } })).body).toBe('2')
})

test('an emptied session deletes its cookie', async () => {
  const { get } = await served({
    middleware: [SessionMiddleware],
    urls: [counter, path('out', (request) => (request.session.flush(), new HttpResponse('')))],
  })
  const cookie = cookiesOf(await get('/'))
  expect((await get('/out', { headers: { cookie } })).headers['set-cookie']?.[0]).toMatch(/^sessionid=; Max-Age=0/)
})

const form = [
  path('', (request) => new HttpResponse(request.method === 'GET' ? csrfToken(request) : 'written')),
  path(
    'open',
    Object.assign(() => new HttpResponse('written'), { csrfProtect: false }),
  ),
]

test('a writing request needs the token of its cookie, in the form or in the header', async () => {
  const { get, log } = await served({ middleware: [CsrfViewMiddleware], urls: form })
  const page = await get('/')
  const cookie = cookiesOf(page)
  const post = async (headers: Record<string, string>, body = '') =>
    (await get('/', { method: 'POST', headers: { ...FORM, ...headers }, body })).status
  expect(await post({ cookie }, `csrfmiddlewaretoken=${page.body}`)).toBe(200)
  expect(await post({ cookie, 'x-csrftoken': page.body })).toBe(200)
  expect(await post({ cookie })).toBe(403)
  expect(await post({}, `csrfmiddlewaretoken=${page.body}`)).toBe(403)
  expect(await post({ cookie }, `csrfmiddlewaretoken=${(await get('/')).body}`)).toBe(403)
  expect(log.map(({ message }) => message.replace(/: POST.*/, ''))).toEqual([
    'CSRF check failed: there is no CSRF token',
    'CSRF check failed: there is no CSRF cookie',
    'CSRF check failed: the CSRF token is wrong',
  ])
  expect((await get('/open', { method: 'POST' })).status).toBe(200)
})

test('a writing request from another origin is refused, from a trusted one not', async () => {
  const { get, url } = await served({
    middleware: [CsrfViewMiddleware],
    csrf: { trustedOrigins: ['https://*.good.example'] },
    urls: form,
  })
  const page = await get('/')
  const post = async (origin: string) =>
    (
      await get('/', {
        method: 'POST',
        headers: { origin, cookie: cookiesOf(page), 'x-csrftoken': page.body, host: new URL(url).host },
      })
    ).status
  expect(
    await Promise.all([url, 'https://a.good.example', 'https://evil.example', 'https://good.example.evil', 'null'].map(post)),
  ).toEqual([200, 200, 403, 403, 403])
})

test('a token is different each time, so that compressed pages give nothing away', async () => {
  const { get } = await served({ middleware: [CsrfViewMiddleware], urls: form })
  const first = await get('/')
  const second = await get('/', { headers: { cookie: cookiesOf(first) } })
  expect(second.body).not.toBe(first.body)
  expect(second.headers['set-cookie']).toBeUndefined()
})

test('login gives the session a new key and the user to the requests after it, logout takes both away', async () => {
  const ada = { id: 7, name: 'Ada' }
  const who = path(
    'who',
    (request) => new HttpResponse(request.user === ANONYMOUS ? 'nobody' : (request.user as typeof ada).name),
  )
  const { get } = await served({
    middleware: [SessionMiddleware, AuthenticationMiddleware],
    session: { store: memorySessions() },
    auth: { loadUser: (id) => Promise.resolve(id === 7 ? ada : undefined), loginUrl: '/in' },
    urls: [
      counter,
      who,
      path('in', (request) => (login(request, ada), new HttpResponse(''))),
      path('out', (request) => (logout(request), new HttpResponse(''))),
      path(
        'private',
        loginRequired(() => new HttpResponse('for you')),
      ),
    ],
  })
  const before = cookiesOf(await get('/'))
  expect((await get('/private', { headers: { cookie: before } })).headers.location).toBe('/in?next=%2Fprivate')
  const cookie = cookiesOf(await get('/in', { headers: { cookie: before } }))
  expect(cookie).not.toBe(before)
  expect((await get('/who', { headers: { cookie: before } })).body).toBe('nobody')
  expect((await get('/who', { headers: { cookie } })).body).toBe('Ada')
  expect((await get('/private', { headers: { cookie } })).body).toBe('for you')
  expect((await get('/out', { headers: { cookie } })).headers['set-cookie']?.[0]).toMatch(/^sessionid=; Max-Age=0/)
})

test('a password is checked against what was stored of it', async () => {
  const stored = await makePassword('correct horse')
  expect(stored).not.toContain('correct')
  expect(
    await Promise.all([checkPassword('correct horse', stored), checkPassword('wrong', stored), checkPassword('', 'nonsense')]),
  ).toEqual([true, false, false])
})

test('a message waits for the page that shows it, and is shown once', async () => {
  const { get } = await served({
    middleware: [SessionMiddleware, MessageMiddleware],
    urls: [
      path('add', (request) => (request.messages.success('saved'), new HttpResponse(''))),
      path('show', (request) => new HttpResponse([...request.messages].map(({ level, text }) => `${level}: ${text}`).join())),
    ],
  })
  const cookie = cookiesOf(await get('/add'))
  const shown = await get('/show', { headers: { cookie } })
  expect(shown.body).toBe('success: saved')
  expect(shown.headers['set-cookie']?.[0]).toMatch(/^sessionid=; Max-Age=0/)
})

test.for([
  [AuthenticationMiddleware, 'user'],
  [MessageMiddleware, 'messages'],
] as const)('%o without sessions says what is missing', async ([middleware]) => {
  const { get, log } = await served({ middleware: [middleware], urls: [hello] })
  expect((await get('/')).status).toBe(500)
  expect(String(log[0]?.error)).toContain('needs SessionMiddleware before it')
})

test('sessions without a secret key are refused at start', () => {
  expect(() => lifecycle({ middleware: [SessionMiddleware], urls: [] })).toThrow(ImproperlyConfigured)
})

test('the common middleware finds forbidden agents whatever flags their expressions have', async () => {
  const { get } = await served({ middleware: [CommonMiddleware], disallowedUserAgents: [/bad/gi], urls: [hello] })
  const status = async () => (await get('/', { headers: { 'user-agent': 'Bad bot' } })).status
  expect([await status(), await status()]).toEqual([403, 403])
})

test('an Express middleware sets its headers on our responses', async () => {
  const { get } = await served({ middleware: [fromExpress(helmet(), 'helmet')], urls: [hello] })
  const { headers, body } = await get('/')
  expect([body, headers['x-dns-prefetch-control'], headers['content-security-policy']?.slice(0, 18)]).toEqual([
    'hello',
    'off',
    "default-src 'self'",
  ])
})

interface Res {
  statusCode: number
  setHeader(name: string, value: string | string[]): void
  removeHeader(name: string): void
  write(text: string): boolean
  end(text?: unknown): unknown
  writeHead(status: number, headers?: Record<string, string>): Res
  on(event: string, listener: () => void): void
}

test('an Express middleware that answers itself turns around, with what it wrote', async () => {
  const teapot = (_request: unknown, response: Res): void => {
    response.writeHead(418, { 'X-Tea': 'green' }).write('short')
    response.end(' and stout')
  }
  const { get } = await served({ middleware: [fromExpress(teapot)], urls: [hello] })
  expect(await get('/')).toMatchObject({ status: 418, body: 'short and stout', headers: { 'x-tea': 'green' } })
})

test('what an Express middleware hung into end() changes the body, and finish is emitted', async () => {
  const finished = Promise.withResolvers<number>()
  function shout(_request: unknown, response: Res, next: () => void): void {
    const end = response.end.bind(response)
    response.on('finish', () => finished.resolve(response.statusCode))
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.end = (text) => (response.removeHeader('Content-Type'), setImmediate(() => end(String(text).toUpperCase())))
    next()
  }
  const { get } = await served({ middleware: [fromExpress(shout)], urls: [hello] })
  const { body, headers } = await get('/')
  expect([body, headers['set-cookie'], headers['content-type'], await finished.promise]).toEqual([
    'HELLO',
    ['a=1', 'b=2'],
    undefined,
    200,
  ])
})

test('an error that an Express middleware passes to next() is one of the chain, and streams pass by', async () => {
  const fails = (request: { url: string }, _response: unknown, next: (error?: unknown) => void): void =>
    next(request.url === '/' ? new Error('passed') : undefined)
  const { get, log } = await served({
    middleware: [fromExpress(fails)],
    urls: [hello, path('s', () => new StreamingHttpResponse(['a', 'b']))],
  })
  expect((await get('/')).status).toBe(500)
  expect((log[0] as LogRecord).error).toMatchObject({ message: 'passed' })
  expect((await get('/s')).body).toBe('ab')
})
