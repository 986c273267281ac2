import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentOptions } from '../../src/agent/options.ts'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { stats } from '../../src/agent/stats.ts'
import { Histogram } from '../../src/model/histogram.ts'
import { label, Label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import type { SentPoint } from '../otlp/metrics-reader.ts'
import { collector, type TestCollector } from './collector.ts'
import { span } from './phases.ts'

const GET = label('gateway', 'GET')
const BOOK = label('gateway', 'GET /books/:id', { 'http.route': '/books/:id' })
const SESSION = label('middleware.request', 'session process_request', {
  'phaseline.middleware.name': 'session',
  'phaseline.middleware.hook': 'process_request',
})
const VIEW = label('view', 'view book')
const DB = label('db', 'SELECT book')
const OTHER = new Label(null, 'mine')

let sink: TestCollector
let agent: Agent | undefined

async function begin(options: AgentOptions = {}): Promise<void> {
  agent = await startAgent({ endpoint: sink.url, serviceName: 'shop', env: {}, metrics: true, ...options })
}

const nameOf = ({ attributes }: SentPoint): string =>
  `${String(attributes['phaseline.phase'])} ${String(attributes['phaseline.name'])}`

/** The points of a metric that were sent so far, by phase and name. */
async function points(name: string): Promise<Record<string, SentPoint>> {
  await agent?.flush()
  const found = sink.metrics().filter((metric) => metric.name === name)
  return Object.fromEntries(found.flatMap((metric) => metric.points).map((point) => [nameOf(point), point]))
}

const selfTimes = (): Promise<Record<string, SentPoint>> => points('phaseline.phase.self_time')

/** A request of 100 ms: a session of 10, a view of 60 with two queries at once that cover 30 of it. */
function request(): Phase {
  const gateway = observer.open(GET, undefined, 1_000)
  span(SESSION, gateway, 1_000, 10)
  span(VIEW, gateway, 1_020, 60, (view) => {
    span(DB, view, 1_030, 20)
    span(DB, view, 1_040, 20)
  })
  gateway.relabel(BOOK)
  gateway.end(1_100)
  return gateway
}

beforeEach(async () => {
  sink = await collector()
})

afterEach(async () => {
  await agent?.shutdown(100)
  await sink.close()
})

test('every phase of every request is in a histogram of its self time, under its name and route', async () => {
  await begin()
  for (let i = 0; i < 3; i++) request()
  const sent = await selfTimes()
  expect(Object.keys(sent).toSorted()).toEqual(
    ['db SELECT book', 'gateway GET /books/:id', 'middleware.request session', 'view view book'].toSorted(),
  )
  expect(sent['middleware.request session']).toMatchObject({ count: 3, scale: 5, min: 0.01, max: 0.01 })
  expect(sent['middleware.request session']?.attributes).toEqual({
    'phaseline.phase': 'middleware.request',
    'phaseline.name': 'session',
    'phaseline.middleware.hook': 'process_request',
    'http.route': '/books/:id',
  })
  expect(sent['db SELECT book']?.count).toBe(6)
  expect(sent['view view book']?.sum).toBeCloseTo(3 * 0.03, 9)
  expect(sent['gateway GET /books/:id']?.sum).toBeCloseTo(3 * 0.03, 9)
  expect(sink.metrics()[0]?.resource).toMatchObject({ 'service.name': 'shop' })
})

test('the buckets are those of the histogram that the collector merges', async () => {
  await begin()
  request()
  const expected = new Histogram()
  expected.record(0.01)
  const { offset, counts } = expected.toData()
  expect((await selfTimes())['middleware.request session']).toMatchObject({ offset, counts })
})

test('requests that are not sampled are measured, and their spans stay here', async () => {
  await begin({ env: { OTEL_TRACES_SAMPLER: 'always_off' } })
  const gateway = request()
  expect(gateway.propagate().traceparent).toMatch(/-00$/)
  expect((await selfTimes())['view view book']).toMatchObject({ count: 1, exemplars: [] })
  expect(sink.spans()).toEqual([])
})

test('the slowest request of the interval and one by chance are named by their trace', async () => {
  await begin()
  const slow = observer.open(BOOK, undefined, 0)
  slow.end(500)
  for (let i = 0; i < 5; i++) observer.open(BOOK, undefined, 0).end(1)
  const { exemplars } = (await selfTimes())['gateway GET /books/:id'] as SentPoint
  expect(exemplars[0]).toMatchObject({ traceId: slow.traceId, spanId: slow.spanId, value: 0.5 })
  expect(exemplars.length).toBeLessThanOrEqual(2)
})

test('shares of the whole request and failures are added up', async () => {
  await begin()
  const gateway = request()
  const failing = observer.open(BOOK, undefined, 0)
  failing.fail('500')
  failing.end(10)
  expect((await points('phaseline.phase.share'))['middleware.request session']?.asDouble).toBeCloseTo(0.1, 9)
  expect(await points('phaseline.phase.errors')).toMatchObject({ 'gateway GET /books/:id': { asInt: 1 } })
  expect(gateway.recording).toBe(true)
})

test('what was sent is not counted again', async () => {
  await begin()
  request()
  await agent?.flush()
  request()
  await agent?.flush()
  await agent?.flush()
  const counts = sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time')
  expect(counts.map(({ points: [first] }) => first?.count)).toEqual([1, 1])
  const [before, after] = counts.map(({ points: [first] }) => first)
  expect(after?.start).toBe(before?.time)
})

test('phases that began out of order, or before the one around them, count once', async () => {
  await begin()
  const gateway = observer.open(BOOK, undefined, 100)
  gateway.before(label('gateway.accept', 'accept'), 50, 100)
  span(DB, gateway, 150, 20)
  span(SESSION, gateway, 110, 10)
  span(VIEW, gateway, 115, 40)
  gateway.end(200)
  // 110 to 155 and 150 to 170 together are 60 of 100 ms.
  expect((await selfTimes())['gateway GET /books/:id']?.sum).toBeCloseTo(0.04, 9)
})

test('spans of the app cover what is around them, and have no series', async () => {
  await begin()
  const gateway = observer.open(BOOK, undefined, 0)
  span(OTHER, gateway, 10, 40)
  gateway.end(100)
  const sent = await selfTimes()
  expect(Object.keys(sent)).toEqual(['gateway GET /books/:id'])
  expect(sent['gateway GET /books/:id']?.sum).toBeCloseTo(0.06, 9)
})

test('a request of thousands of phases, which leaves in pieces, is measured as a whole', async () => {
  await begin()
  const gateway = observer.open(BOOK, undefined, 0)
  for (let i = 0; i < 5_000; i++) span(DB, gateway, i, 0.5)
  gateway.end(10_000)
  const sent = await selfTimes()
  expect(sent['db SELECT book']?.count).toBe(5_000)
  expect(sent['gateway GET /books/:id']?.sum).toBeCloseTo(7.5, 9)
})

test('there are 2,000 series at most; what is more is counted as other', async () => {
  await begin()
  const views = Array.from({ length: 2_500 }, (_, i) => label('view', `view ${i}`))
  for (const view of views) {
    const gateway = observer.open(BOOK, undefined, 0)
    span(view, gateway, 0, 1)
    gateway.end(2)
  }
  const sent = await selfTimes()
  const other = sent['view other'] as SentPoint
  expect(Object.keys(sent).length).toBe(2_001)
  expect(other.attributes).toEqual({ 'phaseline.phase': 'view', 'phaseline.name': 'other', 'otel.metric.overflow': true })
  expect(other.count).toBe(501)
})

test('the agent says how it is doing', async () => {
  await begin()
  request()
  await agent?.flush()
  request()
  await agent?.flush()
  const spans = sink.metrics().filter(({ name }) => name === 'phaseline.agent.spans')
  expect(spans.length).toBe(2)
  expect(spans.reduce((sum, { points: [first] }) => sum + (first?.asInt ?? 0), 0)).toBeGreaterThanOrEqual(10)
  const time = sink.metrics().find(({ name }) => name === 'phaseline.agent.time')
  const taken = time?.points.map(({ attributes, asDouble }) => [attributes['phaseline.agent.work'], (asDouble ?? 0) > 0])
  expect(taken).toEqual([
    ['encode', true],
    ['measure', true],
    ['send', true],
  ])
})

test('the agent can say what it costs', async () => {
  await begin()
  const before = stats()
  for (let i = 0; i < 16; i++) request()
  await agent?.flush()
  const after = stats()
  for (const key of ['encodeMs', 'measureMs', 'sendMs'] as const) expect(after[key]).toBeGreaterThan(before[key])
})

test('without traces there are still metrics', async () => {
  await begin({ env: { OTEL_TRACES_EXPORTER: 'none' } })
  request()
  expect((await selfTimes())['view view book']?.count).toBe(1)
  expect(sink.spans()).toEqual([])
})

test.each([
  [{}, 0],
  [{ OTEL_METRICS_EXPORTER: 'none' }, 0],
  [{ OTEL_METRICS_EXPORTER: 'otlp' }, 1],
])('by the environment %j there are %i exports', async (env, exports) => {
  agent = await startAgent({ endpoint: sink.url, env })
  request()
  await selfTimes()
  expect(sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time').length).toBe(exports)
})

test('after the interval they leave by themselves', async () => {
  await begin({ env: { OTEL_METRIC_EXPORT_INTERVAL: '100' } })
  request()
  const arrived = new Promise<void>((resolve) => sink.server.on('request', ({ url }) => url === '/v1/metrics' && resolve()))
  await arrived
})
