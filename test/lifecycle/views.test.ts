import * as v from 'valibot'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  CsrfViewMiddleware,
  endpoint,
  HttpResponse,
  MessageMiddleware,
  path,
  render,
  requireHttpMethods,
  rest,
  SafeHtml,
  SessionMiddleware,
  TemplateResponse,
  View,
  type HttpRequest,
} from '../../src/lifecycle/index.ts'
import { served } from './served.ts'

class BookView extends View {
  get(_request: HttpRequest, { id }: { id: number }): HttpResponse {
    return new HttpResponse(`book ${id}`)
  }

  delete(): HttpResponse {
    return new HttpResponse('', { status: 204 })
  }
}

test('a class view calls the method of its name, says what it allows, and logs what it does not', async () => {
  const { get, log } = await served({ urls: [path('<int:id>/', BookView.asView())] })
  expect(await get('/7/')).toMatchObject({ status: 200, body: 'book 7' })
  expect((await get('/7/', { method: 'DELETE' })).status).toBe(204)
  expect(await get('/7/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '', headers: { 'content-length': '6' } })
  expect((await get('/7/', { method: 'OPTIONS' })).headers.allow).toBe('GET, DELETE, HEAD, OPTIONS')
  expect(await get('/7/', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, DELETE, HEAD, OPTIONS' } })
  expect(log.map(({ message }) => message)).toEqual(['Method Not Allowed (POST): POST /7/'])
})

test('a function view is limited to its methods', async () => {
  const { get } = await served({
    urls: [
      path(
        '',
        requireHttpMethods(['POST'], () => new HttpResponse('posted')),
      ),
    ],
  })
  expect((await get('/', { method: 'POST' })).body).toBe('posted')
  expect(await get('/')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
})

const books = rest('Books', {
  get: endpoint({
    query: v.object({ limit: v.optional(v.pipe(v.string(), v.transform(Number), v.integer(), v.maxValue(10)), '5') }),
    handle: ({ query }) => ({ limit: query.limit }),
  }),
  post: endpoint({
    body: v.strictObject({ title: v.pipe(v.string(), v.nonEmpty('a title is needed')), year: v.number() }),
    handle: ({ body }) => ({ made: body.title }),
  }),
  delete: endpoint({ handle: () => undefined }),
})

test('a resource checks what comes in, and says where and what is wrong', async () => {
  const { get } = await served({ urls: [path('', books)] })
  const post = (body: unknown) =>
    get('/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  expect(await get('/?limit=3')).toMatchObject({
    status: 200,
    body: '{"limit":3}',
    headers: { 'content-type': 'application/json' },
  })
  expect((await get('/')).body).toBe('{"limit":5}')
  expect((await post({ title: 'Dune', year: 1965 })).body).toBe('{"made":"Dune"}')
  const wrong = await post({ title: '', year: '1965' })
  expect([wrong.status, JSON.parse(wrong.body)]).toEqual([
    422,
    {
      errors: [
        { in: 'body', path: 'title', message: 'a title is needed' },
        { in: 'body', path: 'year', message: 'Invalid type: Expected number but received "1965"' },
      ],
    },
  ])
  expect((await get('/?limit=11')).status).toBe(422)
  expect((await get('/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' })).status).toBe(400)
  expect((await get('/', { method: 'DELETE' })).status).toBe(204)
  expect((await get('/', { method: 'PUT' })).status).toBe(405)
})

function templates(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'templates-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test('templates escape what they print, reverse names, await promises, and include each other', async () => {
  const { get } = await served({
    templates: templates({
      'page.html': "{% render 'head', title: title %}{{ html }}|{{ later }}|{{ 'book' | url: 7 }}|{{ request.path }}",
      'head.html': '<h1>{{ title }}</h1>',
    }),
    urls: [
      path('', (request) => render(request, 'page', { title: '<b>', html: new SafeHtml('<i>'), later: Promise.resolve('soon') })),
      path('<int:id>/', BookView.asView(), { name: 'book' }),
    ],
  })
  expect((await get('/')).body).toBe('<h1>&lt;b&gt;</h1><i>|soon|/7/|/')
})

test('a template with a form makes the CSRF cookie, one without does not', async () => {
  const { get } = await served({
    templates: templates({ 'form.html': '{{ csrf_input }}', 'plain.html': 'plain' }),
    middleware: [CsrfViewMiddleware],
    urls: [path('form', (request) => render(request, 'form')), path('plain', (request) => render(request, 'plain'))],
  })
  const form = await get('/form')
  expect(form.body).toMatch(/^<input type="hidden" name="csrfmiddlewaretoken" value="[\w-]{64}">$/)
  expect(form.headers['set-cookie']?.[0]).toMatch(/^csrftoken=/)
  expect((await get('/plain')).headers['set-cookie']).toBeUndefined()
})

test('a template may ask for the messages twice and still shows them once', async () => {
  const { get } = await served({
    templates: templates({ 'm.html': '{% if messages.size > 0 %}{% for m in messages %}{{ m.text }};{% endfor %}{% endif %}' }),
    middleware: [SessionMiddleware, MessageMiddleware],
    urls: [path('', (request) => (request.messages.info('one'), render(request, 'm')))],
  })
  expect((await get('/')).body).toBe('one;')
})

test('post-render steps see the rendered page, and may put another in its place', async () => {
  const seen: string[] = []
  const { get } = await served({
    templates: templates({ 'page.html': 'page' }),
    urls: [
      path('', async (request) => {
        const response = new TemplateResponse(request, 'page')
        await response.addPostRenderCallback((rendered) => void seen.push(rendered.text))
        await response.addPostRenderCallback(() => Promise.resolve(new HttpResponse('another')))
        await response.addPostRenderCallback((rendered) => void seen.push(rendered.text))
        return response
      }),
    ],
  })
  expect((await get('/')).body).toBe('another')
  expect(seen).toEqual(['page', 'another'])
})

test('a missing template is a 500 that names it in the log', async () => {
  const { get, log } = await served({ templates: templates({}), urls: [path('', (request) => render(request, 'missing'))] })
  expect((await get('/')).status).toBe(500)
  expect(String(log[0]?.error)).toContain('missing')
})
