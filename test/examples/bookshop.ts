// A shop for books, in one file, as somebody who knows Django would write it: `node test/examples/bookshop.ts`.
// urls, views, models, middleware, settings: in that order of a request's life, from the bottom up.
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import {
  csrfToken,
  defaultMiddleware,
  endpoint,
  escapeHtml,
  getObjectOr404,
  HttpResponse,
  include,
  JsonResponse,
  lifecycle,
  model,
  path,
  redirect,
  requestFinished,
  requireHttpMethods,
  rest,
  TemplateResponse,
  urlconf,
  View,
  type App,
  type HttpRequest,
  type Repository,
  type Template,
} from '../../src/lifecycle/index.ts'

// models.py: a manager in front of a repository; here a list, in a real shop a database.
interface Book {
  readonly id: number
  readonly title: string
  stock: number
}

const shelf: Book[] = [
  { id: 1, title: 'Middlemarch', stock: 3 },
  { id: 2, title: 'Moby-Dick', stock: 0 },
]

const repository: Repository<Book> = {
  find: async (filter, limit) =>
    shelf.filter((book) => Object.entries(filter).every(([key, value]) => book[key as keyof Book] === value)).slice(0, limit),
}

const Books = model('Book', repository)

// templates: files in a directory in general (`templates: 'templates/'`), rendered by Liquid; here one in place.
const bookPage: Template = {
  name: 'book.html',
  render: ({ book, notice }, request) => {
    const { title, stock } = book as Book
    const form = `<form method="post" action="buy/"><input name="csrfmiddlewaretoken" value="${csrfToken(request)}"><button>Buy</button></form>`
    return `<h1>${escapeHtml(title)}</h1><p>${stock} left</p><p>${escapeHtml(String(notice))}</p>${form}`
  },
}

// views.py: a function, a class, a REST resource.
async function bookList(request: HttpRequest): Promise<HttpResponse> {
  const books = await Books.objects.all()
  const links = books.map(
    ({ id, title }) => `<li><a href="${request.reverse('shop:book', { kwargs: { id } })}">${escapeHtml(title)}</a></li>`,
  )
  return new HttpResponse(`<ul>${links.join('')}</ul>`)
}

class BookView extends View {
  async get(request: HttpRequest, { id }: { id: number }): Promise<HttpResponse> {
    const book = await getObjectOr404(Books, { id })
    const notice = [...request.messages].map(({ text }) => text).join()
    return new TemplateResponse(request, bookPage, { book, notice })
  }
}

async function buy(request: HttpRequest, { id }: { id: number }): Promise<HttpResponse> {
  const book = await getObjectOr404(Books, { id })
  if (book.stock === 0) return new HttpResponse('Sold out', { status: 409 })
  book.stock--
  request.messages.success(`Bought ${book.title}`)
  return redirect(request, 'shop:book', { kwargs: { id } })
}

const search = rest('Search', {
  get: endpoint({
    query: v.object({ title: v.pipe(v.string(), v.minLength(2)) }),
    handle: async ({ query }) => (await Books.objects.all()).filter(({ title }) => title.includes(query.title)),
  }),
})

// urls.py
const shop = urlconf({
  appName: 'shop',
  patterns: [
    path('', bookList, { name: 'list' }),
    path('<int:id>/', BookView.asView(), { name: 'book' }),
    path('<int:id>/buy/', requireHttpMethods(['POST'], buy), { name: 'buy' }),
  ],
})

const urls = urlconf({
  patterns: [path('books/', include(shop)), path('api/books/', search), path('health/', () => new JsonResponse({ ok: true }))],
  handlers: { 404: () => new HttpResponse('<h1>No such page</h1>', { status: 404 }) },
})

// middleware.py: any of the five hooks.
const timing = {
  name: 'TimingMiddleware',
  processRequest: (request: HttpRequest) => void (request.state['start'] = performance.now()),
  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    response.headers.set('Server-Timing', `app;dur=${(performance.now() - Number(request.state['start'])).toFixed(1)}`)
    return response
  },
}

// settings.py
export const app: App = lifecycle({
  urls,
  middleware: [timing, ...defaultMiddleware],
  secretKey: process.env['SECRET_KEY'] ?? randomBytes(32).toString('base64url'),
  debug: process.env['DEBUG'] === '1',
})

// signals.py
requestFinished.connect(({ request }) => console.log(request.method, request.path), { sender: app })

// manage.py runserver
if (import.meta.main) console.log(`The bookshop is at ${(await app.listen(8000)).url}/books/`)
