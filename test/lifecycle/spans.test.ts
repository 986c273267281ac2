import { afterEach, beforeEach, expect, test } from 'vitest'
import { gatewayOf, setGateway } from '../../src/model/gateway.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import {
  getObjectOr404,
  HttpResponse,
  include,
  lifecycle,
  model,
  path,
  PermissionDenied,
  requestFinished,
  type App,
  type Hooks,
  type HttpRequest,
  type Repository,
} from '../../src/lifecycle/index.ts'
import { recorder, type Recorder } from '../recorder.ts'
import { incoming } from '../conformance/scenario.ts'

let spans: Recorder
beforeEach(() => void (spans = recorder()))
afterEach(() => spans.restore())

const GATEWAY = label('gateway', 'GET')
const QUERY = label('db', 'select books')

/** Asks the database, that is: begins and ends a phase where it stands. */
function query(): void {
  observer.begin(QUERY)?.end()
}

/** Serves one request inside a gateway phase. */
async function serve(app: App, target: string): Promise<HttpResponse> {
  const gateway = observer.open(GATEWAY)
  const given = incoming({ path: target })
  setGateway(given, gateway)
  const request = app.request(given)
  const response = await observer.run(gateway, (): Promise<HttpResponse> => Promise.resolve(app.handle(request)), undefined)
  await app.finish(request, response)
  gateway.end()
  return response
}

test('the gateway is named after the whole route, mounts and includes too', async () => {
  const app = lifecycle({ scriptName: '/shop', urls: [path('books/', include([path('<int:id>/', () => new HttpResponse(''))]))] })
  await serve(app, '/shop/books/7/')
  expect(spans.find('gateway').attributes['http.route']).toBe('/shop/books/<int:id>/')
  expect(spans.find('resolve').attributes['http.route']).toBe('books/<int:id>/')
})

test('spans of hooks and views say in which line of which file they were registered', async () => {
  const view = (): HttpResponse => new HttpResponse('')
  const urls = [path('', view)]
  const app = lifecycle({ middleware: [{ name: 'Hooks', processRequest: () => undefined }], urls })
  await serve(app, '/')
  const { attributes: registered } = spans.find('view view')
  const { attributes: built } = spans.find('Hooks process_request')
  expect([registered, built].map((attributes) => attributes['code.file.path'])).toEqual(Array(2).fill(import.meta.filename))
  expect(Number(built['code.line.number']) - Number(registered['code.line.number'])).toBe(1)
})

test('what hooks, views and both parts of an around middleware ask the database is part of them', async () => {
  const hooks: Hooks = {
    name: 'Hooks',
    processRequest: () => query(),
    processView: async () => {
      await Promise.resolve()
      query()
    },
    processResponse: async (_request, response) => {
      await Promise.resolve()
      query()
      return response
    },
  }
  const around = (getResponse: (request: HttpRequest) => unknown) =>
    async function Around(request: HttpRequest): Promise<HttpResponse> {
      query()
      const response = (await getResponse(request)) as HttpResponse
      await Promise.resolve()
      query()
      return response
    }
  const view = async function bookPage(): Promise<HttpResponse> {
    await Promise.resolve()
    query()
    return new HttpResponse('')
  }
  await serve(lifecycle({ middleware: [around, hooks], urls: [path('', view)] }), '/')
  expect(spans.sentences()).toEqual(
    [
      'Around process_request > db select books',
      'Hooks process_request > db select books',
      'resolve',
      'Hooks process_view > db select books',
      'view bookPage > db select books',
      'Hooks process_response > db select books',
      'Around process_response > db select books',
    ].map((rest) => `gateway GET / > handler > ${rest}`),
  )
})

test('a hook’s span says whose it is, which and where in the list', async () => {
  await serve(
    lifecycle({
      middleware: [{}, { name: 'Second', processRequest: () => undefined }],
      urls: [path('', () => new HttpResponse(''))],
    }),
    '/',
  )
  expect(spans.find('Second process_request').attributes).toMatchObject({
    'phaseline.middleware.name': 'Second',
    'phaseline.middleware.hook': 'process_request',
    'phaseline.middleware.index': 1,
    'code.function.name': 'Second.processRequest',
  })
})

test('what the client is to blame for is no error, what we are is', async () => {
  const denies = path('denied', () => {
    throw new PermissionDenied()
  })
  const breaks = path('breaks', () => {
    throw new TypeError('ours')
  })
  const app = lifecycle({ log: () => {}, urls: [denies, breaks] })
  await serve(app, '/denied')
  expect([spans.find('view').error, spans.find('view').attributes]).toMatchObject([
    undefined,
    { 'phaseline.outcome': 'raise', 'error.type': 'permission_denied' },
  ])
  spans.clear()
  await serve(app, '/breaks')
  expect(spans.find('view').error).toBe('TypeError')
  spans.clear()
  await serve(app, '/nowhere')
  expect([spans.find('resolve').error, spans.find('resolve').attributes['error.type']]).toEqual([undefined, 'not_found'])
})

interface Row {
  id: number
  title: string
}

const rows: Row[] = [
  { id: 1, title: 'Dune' },
  { id: 2, title: 'Emma' },
]
const repository: Repository<Row> = {
  find(filter, limit) {
    query()
    const fits = (row: Row): boolean => Object.entries(filter).every(([key, value]) => row[key as keyof Row] === value)
    return Promise.resolve(rows.filter(fits).slice(0, limit))
  },
}
const Book = model('Book', repository)

test('a manager’s calls are model phases with the queries inside, and an object that is not there is a 404 where asked', async () => {
  const view = async (_request: HttpRequest, { id }: { id: number }): Promise<HttpResponse> =>
    new HttpResponse((await getObjectOr404(Book, { id })).title)
  const app = lifecycle({ urls: [path('<int:id>/', view)] })
  expect((await serve(app, '/2/')).text).toBe('Emma')
  expect(spans.sentences().slice(1)).toEqual(['gateway GET /<int:id>/ > handler > view view > Book.get > db select books'])
  expect((await serve(app, '/9/')).statusCode).toBe(404)
  expect(spans.all('Book.get').at(-1)?.error).toBeUndefined()
  await expect(Book.objects.get({ id: 9 })).rejects.toMatchObject({ code: 'object_missing', message: 'No Book matches {"id":9}' })
  await expect(Book.objects.get({})).rejects.toMatchObject({ code: 'multiple_objects' })
  expect([await Book.objects.count(), (await Book.objects.all()).length, await Book.objects.first({ id: 2 })]).toEqual([
    2,
    2,
    rows[1],
  ])
  await expect(() => Book.objects.create({ id: 3 })).rejects.toThrow(/no insert\(\)/)
})

test('each view runs in the transaction of the settings, unless it says no', async () => {
  const events: string[] = []
  const atomicRequests = async <T>(call: () => T | Promise<T>): Promise<T> => {
    events.push('begin')
    try {
      const value = await call()
      events.push('commit')
      return value
    } catch (error) {
      events.push('rollback')
      throw error
    }
  }
  const app = lifecycle({
    atomicRequests,
    log: () => {},
    urls: [
      path('good', () => new HttpResponse('')),
      path('bad', () => Promise.reject(new Error('bad'))),
      path(
        'free',
        Object.assign(() => new HttpResponse(''), { nonAtomic: true }),
      ),
    ],
  })
  for (const target of ['/good', '/bad', '/free']) await serve(app, target)
  expect(events).toEqual(['begin', 'commit', 'begin', 'rollback'])
})

test('nobody watching, nothing is recorded, and the request is served', async () => {
  spans.restore()
  const app = lifecycle({ urls: [path('', () => new HttpResponse('hello'))] })
  const finished: HttpRequest[] = []
  const undo = requestFinished.connect(({ request }) => void finished.push(request), { sender: app })
  expect((await serve(app, '/')).text).toBe('hello')
  undo()
  expect([spans.phases().length, finished.length, finished[0]?.watching]).toEqual([0, 1, false])
  expect(gatewayOf(finished[0]?.incoming as object)?.recording).toBe(false)
})
