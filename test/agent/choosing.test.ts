import { afterEach, beforeEach, expect, test } from 'vitest'
import { trace } from '@opentelemetry/api'
import type { AgentOptions } from '../../src/agent/options.ts'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import { collector, type TestCollector } from './collector.ts'
import type { SentSpan } from './otlp-reader.ts'
import { span } from './phases.ts'

const GATEWAY = label('gateway', 'GET')
const VIEW = label('view', 'view book')
const DB = label('db', 'SELECT book')
const CALL = label('client', 'GET')
const OFF = { OTEL_TRACES_SAMPLER: 'always_off' }

let sink: TestCollector
let agent: Agent | undefined

async function begin(options: AgentOptions): Promise<void> {
  agent = await startAgent({ endpoint: sink.url, env: OFF, ...options })
}

async function sent(): Promise<SentSpan[]> {
  await agent?.flush()
  return sink.spans()
}

/** A request of so many ms with one view in it. */
function request(ms: number, inside?: (view: Phase) => void): Phase {
  const gateway = observer.open(GATEWAY, undefined, 0)
  span(VIEW, gateway, 0, ms / 2, inside)
  gateway.end(ms)
  return gateway
}

beforeEach(async () => {
  sink = await collector()
})

afterEach(async () => {
  await agent?.shutdown(100)
  await sink.close()
})

test('a slow request leaves whole though nothing is sampled, and what it propagated says so', async () => {
  await begin({ keep: { slowerThanMs: 100 } })
  request(99)
  const slow = request(101)
  expect((await sent()).map(({ traceId, name }) => [traceId, name])).toEqual([
    [slow.traceId, 'GET'],
    [slow.traceId, 'view book'],
  ])
  expect(slow.propagate().traceparent).toMatch(/-00$/)
})

test('a request in which something failed leaves, another does not', async () => {
  await begin({ keep: { errors: true } })
  request(1_000)
  const failed = request(1, (view) => view.fail(new TypeError('no')))
  expect(new Set((await sent()).map(({ traceId }) => traceId))).toEqual(new Set([failed.traceId]))
})

test('failures alone are kept only where that was asked for', async () => {
  await begin({ keep: { slowerThanMs: 100 } })
  request(1, (view) => view.fail('bad'))
  expect(await sent()).toEqual([])
})

test('PHASELINE_KEEP_SLOWER_MS keeps slow and failed ones', async () => {
  await begin({ env: { ...OFF, PHASELINE_KEEP_SLOWER_MS: '100' } })
  request(1)
  request(200)
  request(1, (view) => view.fail('bad'))
  expect((await sent()).length).toBe(4)
})

test('a request that was sampled leaves as ever', async () => {
  await begin({ keep: { slowerThanMs: 100 }, env: {} })
  request(1)
  expect((await sent()).length).toBe(2)
})

test('what goes on after a kept request has left is kept too', async () => {
  await begin({ keep: { slowerThanMs: 100 } })
  const slow = request(200)
  span(DB, slow, 200, 1)
  span(DB, request(1), 200, 1)
  expect((await sent()).map(({ name, parentSpanId }) => [name, parentSpanId])).toContainEqual(['SELECT book', slow.spanId])
  expect(sink.spans().length).toBe(3)
})

test('a request of more than a thousand phases is kept for that', async () => {
  await begin({ keep: { slowerThanMs: 1e6 } })
  const gateway = observer.open(GATEWAY, undefined, 0)
  for (let i = 0; i < 1_500; i++) span(DB, gateway, i, 0.1)
  gateway.end(1_500)
  expect((await sent()).length).toBe(1_501)
})

test('of uninteresting spans only how many and how long is sent', async () => {
  await begin({ env: {}, spans: 'interesting' })
  request(10, (view) => {
    for (let i = 0; i < 3; i++) span(DB, view, i, 0.25)
    span(DB, view, 3, 1.5)
  })
  const spans = await sent()
  expect(spans.map(({ name }) => name)).toEqual(['GET', 'view book', 'SELECT book'])
  expect(spans[1]?.attributes).toMatchObject({ 'phaseline.omitted': '3 phases, 0.750 ms' })
  expect(spans[0]?.attributes).not.toHaveProperty('phaseline.omitted')
})

test('what failed, has something inside, calls out, or was seen by the app is interesting', async () => {
  await begin({ env: {}, spans: 'interesting' })
  request(0.5, (view) => {
    span(DB, view, 0, 0.1, (phase) => phase.fail('bad'))
    span(CALL, view, 0, 0.1)
    span(DB, view, 0, 0.1, (phase) => observer.run(phase, () => trace.getActiveSpan()?.spanContext(), undefined))
    span(DB, view, 0, 0.1)
  })
  expect((await sent()).map(({ name }) => name)).toEqual(['GET', 'view book', 'SELECT book', 'GET', 'SELECT book'])
})
