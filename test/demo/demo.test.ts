import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Demo } from '../../src/demo/demo.ts'
import type { ControlsJson } from '../../src/query/wire/controls.ts'
import type { SummaryJson } from '../../src/query/wire/list.ts'
import type { SpanJson, TimelineJson } from '../../src/query/wire/timeline.ts'
import { watchedDemo, type Watcher } from './watcher.ts'

const MIDDLEWARES = [
  'SecurityMiddleware',
  'SessionMiddleware',
  'CommonMiddleware',
  'CsrfViewMiddleware',
  'AuthenticationMiddleware',
  'MessageMiddleware',
  'XFrameOptionsMiddleware',
]
const BOOK_PAGE = 'GET /books/<int:id>/'

let demo: Demo
let watcher: Watcher
let stop: (() => Promise<void>) | undefined
/** One plain book page, on a connection of its own. */
let page: TimelineJson
beforeAll(async () => {
  ;({ demo, watcher, stop } = await watchedDemo())
  page = await watcher.next(named(BOOK_PAGE), (timeline) => complete(timeline) && of(timeline, 'tls').length > 0)
})
afterAll(async () => {
  await stop?.()
})

const named = (name: string) => (summary: SummaryJson) => summary.name === name
const of = ({ spans }: TimelineJson, phase: string): SpanJson[] => spans.filter((span) => span.phase === phase)
const one = (timeline: TimelineJson, phase: string): SpanJson => {
  const [span] = of(timeline, phase)
  if (span === undefined) throw new Error(`no ${phase} in ${timeline.spans.map((each) => each.name).join(', ')}`)
  return span
}
/** Everybody who took part has sent. */
function complete({ spans, warnings }: TimelineJson): boolean {
  const services = new Set(spans.map(({ service }) => service))
  return warnings.orphan === undefined && ['traffic', 'proxy', 'bookshop'].every((service) => services.has(service))
}

/** Each phase of a book page, and what it is a part of. */
const PARENTS: Record<string, string[]> = {
  'client.wait': ['client'],
  dns: ['client.wait'],
  connect: ['client.wait'],
  tls: ['client.wait'],
  'client.send': ['client'],
  'client.ttfb': ['client'],
  'client.receive': ['client'],
  proxy: ['client'],
  'proxy.receive': ['proxy'],
  'proxy.wait': ['proxy'],
  'proxy.respond': ['proxy'],
  gateway: ['proxy', 'proxy.wait'],
  handler: ['gateway'],
  'middleware.request': ['handler'],
  resolve: ['handler'],
  'middleware.view': ['handler'],
  view: ['handler'],
  model: ['view'],
  db: ['model'],
  'middleware.template_response': ['handler'],
  render: ['handler'],
  'middleware.response': ['handler'],
  respond: ['gateway'],
}

test('the timeline of a book page has every phase, each under the one that it is a part of', () => {
  const timeline = page
  const phaseOf = (id: string | null): string | null | undefined => timeline.spans.find(({ spanId }) => spanId === id)?.phase
  expect(one(timeline, 'client').parentSpanId).toBeNull()
  for (const [phase, parents] of Object.entries(PARENTS)) {
    const found = of(timeline, phase).map(({ parentSpanId }) => phaseOf(parentSpanId))
    expect(found, phase).not.toEqual([])
    expect(parents, phase).toEqual(expect.arrayContaining(found))
  }
})

test('its seven middlewares are seen on the way in and, the other way round, on the way out', () => {
  const timeline = page
  const names = (phase: string): unknown[] => of(timeline, phase).map(({ attributes }) => attributes['phaseline.middleware.name'])
  expect(names('middleware.request')).toEqual(MIDDLEWARES)
  expect(names('middleware.response')).toEqual(MIDDLEWARES.toReversed())
  expect(names('middleware.view')).toContain('CsrfViewMiddleware')
  expect(names('middleware.template_response')).not.toEqual([])
})

test('its phases come in the order of a request’s life', () => {
  const timeline = page
  const first = (phase: string): bigint => BigInt(one(timeline, phase).start)
  const last = (phase: string): bigint => BigInt((of(timeline, phase).at(-1) as SpanJson).end)
  const inOrder = (...phases: string[]): void => {
    for (const [at, phase] of phases.slice(1).entries()) {
      expect(first(phase) >= last(phases[at] as string), `${phases[at]} is over before ${phase} begins`).toBe(true)
    }
  }
  inOrder('dns', 'connect', 'tls', 'client.send', 'client.ttfb', 'client.receive')
  inOrder(
    'middleware.request',
    'resolve',
    'middleware.view',
    'view',
    'middleware.template_response',
    'render',
    'middleware.response',
  )
  inOrder('handler', 'respond')
  expect(of(timeline, 'dns')).toHaveLength(1)
})

test('the children of each span and its gaps make up its time, to the nanosecond', async () => {
  const timelines = [page, await watcher.next(named('GET /authors/')), await watcher.next(named('GET /books/<int:id>/stars/'))]
  for (const timeline of timelines) {
    for (const span of timeline.spans) expect(made(span, timeline), span.name).toBe(BigInt(span.end) - BigInt(span.start))
    const phases = Object.values(timeline.phases).reduce((sum, ns) => sum + BigInt(ns), 0n)
    expect(phases).toBe(BigInt(timeline.durationNs))
  }
})

/** What a span's children cover of it, and its gaps; of one without children, its own time. */
function made(span: SpanJson, { spans, gaps }: TimelineJson): bigint {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === span.spanId)
  if (children.length === 0) return BigInt(span.selfNs)
  const inside = children
    .map((child) => [max(child.start, span.start), min(child.end, span.end)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  let [covered, until] = [0n, BigInt(span.start)]
  for (const [start, end] of inside) {
    if (end > until) covered += end - (start > until ? start : until)
    if (end > until) until = end
  }
  const own = gaps.filter(({ parentSpanId }) => parentSpanId === span.spanId)
  return covered + own.reduce((sum, { start, end }) => sum + BigInt(end) - BigInt(start), 0n)
}
const max = (a: string, b: string): bigint => (BigInt(a) > BigInt(b) ? BigInt(a) : BigInt(b))
const min = (a: string, b: string): bigint => (BigInt(a) < BigInt(b) ? BigInt(a) : BigInt(b))

test('a page that asks another service is one timeline over four processes', async () => {
  const timeline = await watcher.next(named('GET /books/<int:id>/stars/'), ({ spans }) =>
    spans.some(({ service }) => service === 'reviews'),
  )
  const [inner] = timeline.spans.filter(({ service, phase }) => service === 'reviews' && phase === 'gateway')
  expect(inner?.name).toBe('GET /stars/:book')
  const caller = timeline.spans.find(({ spanId }) => spanId === inner?.parentSpanId)
  expect([caller?.service, caller?.phase]).toEqual(['bookshop', 'client'])
})

test('the view that fails is an error, where it failed and as a whole', async () => {
  const timeline = await watcher.next(named('GET /bestsellers/'))
  expect(one(timeline, 'view')).toMatchObject({ error: true, attributes: { 'error.type': 'TypeError' } })
  expect(one(timeline, 'gateway')).toMatchObject({ error: true, attributes: { 'http.response.status_code': 500 } })
})

test('the page with an N+1 query says so', async () => {
  const timeline = await watcher.next(named('GET /authors/'))
  expect(of(timeline, 'db').length).toBeGreaterThan(5)
  expect(timeline.warnings.n_plus_one).toBeGreaterThan(0)
})

test('a form with its CSRF token is taken', async () => {
  const timeline = await watcher.next(named('POST /books/<int:id>/notes/'))
  expect(one(timeline, 'gateway').attributes['http.response.status_code']).toBe(302)
  expect(of(timeline, 'db').map(({ name }) => name)).toContain('INSERT note')
})

test('a static file is answered by the proxy alone', async () => {
  const timeline = await watcher.next(
    ({ services }) => services.includes('proxy') && !services.includes('bookshop'),
    ({ spans }) =>
      spans.some(
        ({ phase, attributes }) => phase === 'client' && (attributes['url.full'] as string).endsWith('/static/shop.css'),
      ) && spans.some(({ phase }) => phase === 'proxy'),
  )
  expect(of(timeline, 'gateway')).toEqual([])
})

test('the switch for slow sessions makes them the slowest middleware', async () => {
  const turn = async (on: boolean): Promise<ControlsJson> => {
    const answer = await fetch(`${demo.page}/api/controls/slow-session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ on }),
    })
    return (await answer.json()) as ControlsJson
  }
  expect((await turn(true)).controls).toContainEqual({ id: 'slow-session', label: 'Slow sessions', on: true })
  const slow = await watcher.next(
    ({ name, slowestMiddleware }) => name === BOOK_PAGE && slowestMiddleware?.name === 'SessionMiddleware',
    complete,
  )
  const [session] = of(slow, 'middleware.request').filter(({ name }) => name.startsWith('SessionMiddleware'))
  expect(session).toBeDefined()
  expect((await turn(false)).controls).toContainEqual({ id: 'slow-session', label: 'Slow sessions', on: false })
})
