import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ControlJson } from '../../src/query/wire/controls.ts'
import type { ErrorJson } from '../../src/query/wire/json.ts'
import type { ListJson } from '../../src/query/wire/list.ts'
import type { OutlineJson } from '../../src/query/wire/outline.ts'
import type { StatusJson } from '../../src/query/wire/status.ts'
import type { SpansJson, TimelineJson } from '../../src/query/wire/timeline.ts'
import type { Serving } from '../../src/query/server.ts'
import { bookshop, spansOf } from './bookshop.ts'
import { served } from './fixture.ts'
import type { StubStore } from './stub-store.ts'

const ONE = '1'.padStart(32, '0')
let serving: Serving & { store: StubStore }
const switches: ControlJson[] = [{ id: 'traffic', label: 'Traffic', on: true }]
const folder = mkdtempSync(join(tmpdir(), 'phaseline-page-'))

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Phaseline</title>')
  writeFileSync(join(folder, 'assets/index-abc123.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'not for the page')
  serving = await served({
    page: folder,
    jaegerUrl: 'http://jaeger.test:16686/',
    controls: {
      list: () => switches,
      set: (_id, on) => {
        for (const each of switches) each.on = on
      },
    },
  })
  serving.store.receive(spansOf(bookshop(), 1))
})
afterAll(() => serving.close())

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(serving.url + path, { headers })
const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T

/** With headers that fetch would not send. */
function raw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(serving.url + path, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

const flip = (headers: Record<string, string>, body = '{"on":false}'): Promise<{ status: number; text: string }> =>
  raw('/api/controls/traffic', { 'content-type': 'application/json', ...headers }, 'POST', body)

test('the list gives summaries whose phases add up to the duration', async () => {
  const { items, next } = await json<ListJson>('/api/timelines')
  expect(items.map(({ name, status, service }) => [name, status, service])).toEqual([['GET /books/<int:id>/', 200, 'bookshop']])
  const [item] = items
  expect(Object.values(item?.phases ?? {}).reduce((sum, ns) => sum + BigInt(ns), 0n)).toBe(BigInt(item?.durationNs ?? '0'))
  expect(next).toBeNull()
})

test('every parameter of the list reaches the store in its units', async () => {
  await get(
    '/api/timelines?service=a&route=/b&status=404&phase=dns&middleware=M&minMs=1.5&maxMs=2000&error=1&inFlight=1&from=7&to=8&q=x&limit=9&cursor=5',
  )
  expect(serving.store.searches.at(-1)).toEqual({
    service: 'a',
    route: '/b',
    status: 404,
    phase: 'dns',
    middleware: 'M',
    minDurationNs: 1_500_000n,
    maxDurationNs: 2_000_000_000n,
    error: true,
    inFlight: true,
    from: 7n,
    to: 8n,
    text: 'x',
    limit: 9,
    cursor: '5',
  })
})

test('the list is narrowed by attributes, an operation, corrected clocks and missing parents', async () => {
  await get('/api/timelines?operation=GET%20/&skew=1&orphans=1&attribute=db.system%3Dredis&attribute=__proto__=a=b')
  const attributes = Object.fromEntries([
    ['db.system', 'redis'],
    ['__proto__', 'a=b'],
  ])
  expect(serving.store.searches.at(-1)).toEqual({ operation: 'GET /', skew: true, orphans: true, attributes })
})

test.each([
  'attribute=http.route',
  'attribute==x',
  'minMs=soon',
  'minMs=-1',
  'status=6xx',
  'status=abc',
  'phase=lunch',
  'limit=0',
  'limit=99999',
  'from=1.5',
])('a wrong parameter (%s) is answered with 400 and what is wanted', async (query) => {
  const response = await get(`/api/timelines?${query}`)
  expect(response.status).toBe(400)
  const { error } = (await response.json()) as ErrorJson
  expect(error.code).toBe('bad_parameter')
  expect(error.message).toContain(query)
})

test('a class of statuses is looked for by the store', async () => {
  const { items } = await json<ListJson>('/api/timelines?status=2xx')
  expect(items.map((item) => item.status)).toEqual([200])
  expect(serving.store.searches.at(-1)).toEqual({ statusClass: 2 })
  expect((await json<ListJson>('/api/timelines?status=5xx')).items).toEqual([])
})

test('a timeline is found by its id, in any letter case and without leading zeros', async () => {
  const timeline = await json<TimelineJson>('/api/timelines/1')
  expect(timeline.traceId).toBe(ONE)
  expect(timeline.spans).toHaveLength(39)
  expect(timeline.jaegerUrl).toBe(`http://jaeger.test:16686/trace/${ONE}`)
})

test('an unknown timeline is 404, a malformed id is 400, both as ErrorJson', async () => {
  for (const [path, status, code] of [
    ['/api/timelines/ff', 404, 'not_found'],
    ['/api/timelines/xyz', 400, 'bad_trace_id'],
    ['/api/nothing', 404, 'not_found'],
  ] as const) {
    const response = await get(path)
    expect([response.status, ((await response.json()) as ErrorJson).error.code]).toEqual([status, code])
  }
})

test('the outline has the same spans as the timeline, each under the same parent', async () => {
  const timeline = await json<TimelineJson>(`/api/timelines/${ONE}`)
  const outline = await json<OutlineJson>(`/api/timelines/${ONE}/outline`)
  const { spans, strings } = outline
  const ids = spans.ids.match(/.{16}/g) ?? []
  const rebuilt = ids.map((spanId, at) => ({
    spanId,
    parentSpanId: ids[spans.parent[at] ?? -1] ?? null,
    name: strings[spans.name[at] ?? -1],
    phase: strings[spans.phase[at] ?? -1] ?? null,
    start: String(BigInt(outline.start) + BigInt(spans.start[at] ?? 0)),
    selfNs: String(spans.self[at]),
  }))
  expect(rebuilt).toEqual(
    timeline.spans.map(({ spanId, parentSpanId, name, phase, start, selfNs }) => ({
      spanId,
      parentSpanId,
      name,
      phase,
      start,
      selfNs,
    })),
  )
})

test('the outline’s path and gaps are the timeline’s, each piece told from the one before', async () => {
  const timeline = await json<TimelineJson>(`/api/timelines/${ONE}`)
  const outline = await json<OutlineJson>(`/api/timelines/${ONE}/outline`)
  const ids = outline.spans.ids.match(/.{16}/g) ?? []
  const told = (triplets: readonly number[]): [string | undefined, string, string][] => {
    let [span, at] = [0, BigInt(outline.start)]
    return Array.from({ length: triplets.length / 3 }, (_, piece) => {
      span += triplets[piece * 3] ?? 0
      const start = at + BigInt(triplets[piece * 3 + 1] ?? 0)
      at = start + BigInt(triplets[piece * 3 + 2] ?? 0)
      return [ids[span], String(start), String(at)]
    })
  }
  expect(told(outline.criticalPath)).toEqual(timeline.criticalPath.map(({ spanId, start, end }) => [spanId, start, end]))
  expect(told(outline.gaps)).toEqual(timeline.gaps.map(({ parentSpanId, start, end }) => [parentSpanId, start, end]))
})

test('a span’s details have its attributes and its resource', async () => {
  const { spans: ids } = await json<OutlineJson>(`/api/timelines/${ONE}/outline`)
  const { spans } = await json<SpansJson>(`/api/timelines/${ONE}/spans/${ids.ids.slice(0, 16)}`)
  expect(spans[0]).toMatchObject({
    attributes: { 'http.request.method': 'GET', 'phaseline.phase': 'client' },
    resource: { 'service.name': 'traffic' },
  })
  expect((await get(`/api/timelines/${ONE}/spans/00`)).status).toBe(404)
})

test('the status counts spans and says where they are kept', async () => {
  expect(await json<StatusJson>('/api/status')).toMatchObject({
    spans: { accepted: 0, dropped: 0 },
    traces: 1,
    storage: { path: ':memory:' },
  })
})

test('the page is served with a policy that allows nothing inline and nothing from elsewhere', async () => {
  for (const path of ['/', '/status', `/trace/${ONE}`]) {
    const response = await get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('files whose names carry a hash are kept for ever, the page itself is asked for again and answered with 304', async () => {
  const hashed = await get('/assets/index-abc123.js')
  expect(hashed.headers.get('cache-control')).toContain('immutable')
  const first = await get('/')
  expect(first.headers.get('cache-control')).toBe('no-cache')
  expect((await get('/', { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304)
})

test('nothing but the page’s own files can be had', async () => {
  for (const path of ['/assets/../secret.txt', '/assets/%2e%2e%2fsecret.txt', '/secret.txt', '/assets/..%2f..%2fpackage.json']) {
    const { status, text } = await raw(path, {})
    expect([path, status, text.includes('not for the page')]).toEqual([path, 404, false])
  }
})

test('without a built page the answer is the command that builds it, and the API works', async () => {
  const bare = await served({ page: join(folder, 'none') })
  const response = await fetch(bare.url)
  expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build:page')])
  expect((await fetch(`${bare.url}/api/timelines`)).status).toBe(200)
  await bare.close()
})

test('a foreign Host gets nothing: a rebound name is no way in', async () => {
  const { status, text } = await raw('/api/timelines', { host: 'evil.example:7427' })
  expect(status).toBe(421)
  expect(text).not.toContain('books')
  expect((await raw('/api/timelines', { host: `localhost:${serving.port}` })).status).toBe(200)
  expect((await raw('/api/timelines', { host: `[::1]:${serving.port}` })).status).toBe(200)
})

test('switches are set from our own page or by a program, never from another site', async () => {
  const { port } = serving
  expect((await flip({})).status).toBe(200)
  expect(switches[0]?.on).toBe(false)
  expect((await flip({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' }, '{"on":true}')).status).toBe(200)
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://localhost:1' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'content-type': 'text/plain' },
  ]) {
    expect((await flip(headers as Record<string, string>)).status).toBeGreaterThanOrEqual(400)
  }
  expect(switches[0]?.on).toBe(true)
})

test('a switch that does not exist, or a body that says nothing, changes nothing', async () => {
  expect((await raw('/api/controls/nuclear', { 'content-type': 'application/json' }, 'POST', '{"on":true}')).status).toBe(404)
  expect((await flip({}, '{"on":"maybe"}')).status).toBe(400)
  expect((await flip({}, '{')).status).toBe(400)
  expect((await get('/api/controls/traffic')).status).toBe(405)
})

test('a port that is taken is said in one sentence', async () => {
  await expect(served({ port: serving.port })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining('--port'),
  })
})
