import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { now } from '../../src/model/clock.ts'
import { Label, label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import type { SentSpan } from './otlp-reader.ts'
import { collector, type TestCollector } from './collector.ts'

const GATEWAY = label('gateway', 'GET')
const VIEW = label('view', 'view book')
const DB = label('db', 'SELECT book')
const REMOTE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true }

let sink: TestCollector
let agent: Agent | undefined

async function begin(env: Record<string, string> = {}): Promise<void> {
  agent = await startAgent({ endpoint: sink.url, serviceName: 'shop', env })
}

/** All that was sent, by name. */
async function sent(): Promise<Record<string, SentSpan>> {
  await agent?.flush()
  return Object.fromEntries(sink.spans().map((span) => [span.name, span]))
}

beforeEach(async () => {
  sink = await collector()
})

afterEach(async () => {
  await agent?.shutdown(100)
  await sink.close()
})

test('the phases of a request leave together when the last of them has ended', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  const view = observer.begin(VIEW, gateway) as Phase
  observer.begin(DB, view)?.end()
  view.end()
  await agent?.flush()
  expect(sink.spans()).toEqual([])
  gateway.end()
  const spans = await sent()
  expect(Object.keys(spans)).toEqual(['GET', 'view book', 'SELECT book'])
  expect(spans['SELECT book']?.parentSpanId).toBe(spans['view book']?.spanId)
  expect(spans['view book']?.parentSpanId).toBe(spans['GET']?.spanId)
  expect(spans['GET']?.parentSpanId).toBe('')
})

test('times and attributes are those that were given', async () => {
  await begin()
  const gateway = observer.open(GATEWAY, undefined, 100)
  gateway.set('http.route', '/a')
  gateway.set('http.route', '/b')
  gateway.fail(new TypeError('no'))
  gateway.fail('500')
  gateway.end(101.5)
  gateway.end(999)
  const span = (await sent())['GET'] as SentSpan
  expect(span.end - span.start).toBe(1_500_000n)
  expect(span.attributes).toMatchObject({ 'http.route': '/b', 'error.type': 'TypeError', 'phaseline.phase': 'gateway' })
  expect(span.status.code).toBe(2)
  expect(span.resource).toMatchObject({ 'service.name': 'shop', 'telemetry.distro.name': 'phaseline' })
})

test('of 300 requests at once each sees its own phases across awaits, timers and streams', async () => {
  await begin()
  const seen = await Promise.all(
    Array.from({ length: 300 }, async (_, i) => {
      const gateway = observer.open(GATEWAY)
      const inside = await observer.run(
        gateway,
        async () => {
          await wait(i % 7)
          const view = observer.begin(VIEW) as Phase
          const ids = await observer.run(
            view,
            async () => {
              await new Promise(setImmediate)
              return [observer.current()?.spanId, trace.getActiveSpan()?.spanContext().spanId]
            },
            undefined,
          )
          view.end()
          return [...ids, view.spanId, observer.current() === gateway]
        },
        undefined,
      )
      gateway.end()
      return inside
    }),
  )
  for (const [current, active, view, back] of seen) expect([current, active, back]).toEqual([view, view, true])
  await agent?.flush()
  expect(new Set(sink.spans().map(({ spanId }) => spanId)).size).toBe(600)
  expect(new Set(sink.spans().map(({ traceId }) => traceId)).size).toBe(300)
})

test('outside a request nothing begins', async () => {
  await begin()
  expect(observer.begin(VIEW)).toBeUndefined()
  expect(trace.getActiveSpan()).toBeUndefined()
})

test('what comes from elsewhere continues that trace, and goes on from here', async () => {
  await begin()
  const gateway = observer.open(GATEWAY, { ...REMOTE, traceState: 'a=1' })
  expect(gateway.propagate()).toEqual({
    traceparent: `00-${REMOTE.traceId}-${gateway.spanId}-01`,
    tracestate: 'a=1',
    baggage: undefined,
  })
  gateway.before(label('queue', 'queue'), now() - 5, now())
  gateway.end()
  const spans = await sent()
  expect(spans['GET']).toMatchObject({ traceId: REMOTE.traceId, parentSpanId: REMOTE.spanId, traceState: 'a=1' })
  expect(spans['queue']).toMatchObject({ traceId: REMOTE.traceId, parentSpanId: REMOTE.spanId })
})

test('what went before hangs under a request that comes from nowhere', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  gateway.before(label('queue', 'queue'), now() - 5, now())
  gateway.end()
  const spans = await sent()
  expect(spans['queue']?.parentSpanId).toBe(spans['GET']?.spanId)
})

test('a phase that begins after its request has left is in the same trace, under the right parent', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  gateway.end()
  const late = observer.run(gateway, () => observer.begin(VIEW), undefined) as Phase
  observer.begin(DB, late)?.end()
  late.end()
  const spans = await sent()
  expect(spans['view book']).toMatchObject({ traceId: gateway.traceId, parentSpanId: gateway.spanId })
  expect(spans['SELECT book']?.parentSpanId).toBe(late.spanId)
})

test('what has not ended when the process ends is sent, and says so', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  observer.begin(VIEW, gateway)
  gateway.end()
  await agent?.shutdown()
  const spans = Object.fromEntries(sink.spans().map((span) => [span.name, span]))
  expect(spans['view book']?.attributes).toMatchObject({ 'phaseline.in_flight': true })
  expect(spans['GET']?.attributes['phaseline.in_flight']).toBeUndefined()
})

test('a phase that outlives its request keeps it for two seconds at most', async () => {
  await begin({ OTEL_BSP_SCHEDULE_DELAY: '1' })
  const gateway = observer.open(GATEWAY)
  observer.begin(VIEW, gateway)
  gateway.end()
  const request = once(sink.server, 'request')
  expect(sink.spans()).toEqual([])
  await request
  expect((await sent())['view book']?.attributes['phaseline.in_flight']).toBe(true)
})

test('a request with thousands of phases sends them on the way', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  for (let i = 0; i < 2_500; i++) observer.begin(DB, gateway)?.end()
  await agent?.flush()
  expect(sink.spans().length).toBeGreaterThan(1_500)
  gateway.end()
  await agent?.flush()
  expect(sink.spans().length).toBe(2_501)
  expect(new Set(sink.spans().map(({ spanId }) => spanId)).size).toBe(2_501)
})

test('spans of the API nest under the phase, phases under them, and they leave by the same way', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  observer.run(
    gateway,
    () => {
      const tracer = trace.getTracer('shop', '1.0')
      tracer.startActiveSpan('outer', { kind: SpanKind.CLIENT, attributes: { a: 1 } }, (outer) => {
        observer.begin(DB)?.end()
        tracer.startSpan('inner').end()
        outer.addEvent('happened', { x: 'y' })
        outer.setStatus({ code: SpanStatusCode.ERROR, message: 'bad' })
        outer.end()
      })
      tracer.startSpan('apart', { root: true }).end()
    },
    undefined,
  )
  gateway.end()
  const spans = await sent()
  expect(spans['outer']).toMatchObject({ parentSpanId: gateway.spanId, kind: 3, scope: 'shop', attributes: { a: 1 } })
  expect(spans['outer']?.status).toEqual({ code: 2, message: 'bad' })
  expect(spans['outer']?.events[0]).toMatchObject({ name: 'happened', attributes: { x: 'y' } })
  expect(spans['inner']?.parentSpanId).toBe(spans['outer']?.spanId)
  expect(spans['SELECT book']).toMatchObject({ parentSpanId: spans['outer']?.spanId, scope: 'phaseline' })
  expect(spans['apart']?.parentSpanId).toBe('')
  expect(spans['apart']?.traceId).not.toBe(gateway.traceId)
})

test('the active span writes on its phase, and cannot end it', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  observer.run(
    gateway,
    () => {
      const span = trace.getActiveSpan()
      span?.setAttribute('app.user', 'ada').updateName('GET /mine')
      span?.recordException(new RangeError('out'))
      span?.end()
      expect(span?.isRecording()).toBe(true)
    },
    undefined,
  )
  gateway.end()
  const span = (await sent())['GET /mine']
  expect(span?.attributes).toMatchObject({ 'app.user': 'ada' })
  expect(span?.events[0]?.attributes).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'out' })
})

test('contexts of the API carry values through phases', async () => {
  await begin()
  const key = Symbol('mine')
  const gateway = observer.open(GATEWAY)
  const inside = observer.run(
    gateway,
    () =>
      context.with(context.active().setValue(key, 7), () => {
        const view = observer.begin(VIEW) as Phase
        return observer.run(
          view,
          () => [context.active().getValue(key), trace.getActiveSpan()?.spanContext().spanId === view.spanId],
          undefined,
        )
      }),
    undefined,
  )
  expect(inside).toEqual([7, true])
  expect(context.with(ROOT_CONTEXT, () => observer.current())).toBeUndefined()
})

test('baggage comes in, is readable, and goes out', async () => {
  await begin()
  const gateway = observer.open(GATEWAY, REMOTE)
  gateway.baggage = 'tenant=acme,user=a%20b;p=1'
  const carrier: Record<string, string> = {}
  observer.run(
    gateway,
    () => {
      expect(propagation.getActiveBaggage()?.getEntry('user')?.value).toBe('a b')
      propagation.inject(context.active(), carrier)
    },
    undefined,
  )
  expect(carrier['traceparent']).toBe(`00-${REMOTE.traceId}-${gateway.spanId}-01`)
  expect(carrier['baggage']).toBe('tenant=acme,user=a%20b;p=1')
  expect(gateway.propagate().baggage).toBe('tenant=acme,user=a%20b;p=1')
})

test('baggage without a span around it goes out with a call', async () => {
  await begin()
  const baggage = propagation.createBaggage({ tenant: { value: 'acme' } })
  const [call, request] = context.with(propagation.setBaggage(ROOT_CONTEXT, baggage), () => [
    observer.open(label('client', 'GET')),
    observer.open(GATEWAY),
  ]) as [Phase, Phase]
  expect(call.propagate().baggage).toBe('tenant=acme')
  expect(request.propagate().baggage).toBeUndefined()
})

test('what goes on when a request is over neither holds it up nor is counted with it', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  const view = observer.begin(VIEW, gateway) as Phase
  const stream = gateway.outlive?.(new Label(null, 'stream')) as Phase
  gateway.handOver?.(stream)
  view.end()
  gateway.end()
  expect(Object.keys(await sent())).toEqual(['GET', 'view book'])
  expect(agent?.inFlight().map(({ name }) => name)).toEqual(['stream'])
  observer.run(gateway, () => observer.begin(DB)?.end(), undefined)
  stream.end()
  const spans = await sent()
  expect(spans['stream']).toMatchObject({ parentSpanId: gateway.spanId, traceId: gateway.traceId })
  expect(spans['SELECT book']?.parentSpanId).toBe(stream.spanId)
})

test('what a request leaves open may last as long as its stream', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  const view = observer.begin(VIEW, gateway) as Phase
  const stream = gateway.outlive?.(new Label(null, 'stream')) as Phase
  gateway.end()
  // The keeper looks every half second, and gives the phases of other requests two.
  await expect.poll(async () => Object.keys(await sent())).toContain('GET')
  expect(await sent()).not.toHaveProperty('view book')
  expect(agent?.inFlight().map(({ name }) => name)).toEqual(['stream'])
  view.end()
  stream.end()
  const spans = await sent()
  expect(spans['view book']?.attributes).not.toHaveProperty('phaseline.in_flight')
})

test('a context that was extracted is the parent of what begins in it', async () => {
  await begin()
  const traceparent = `00-${REMOTE.traceId}-${REMOTE.spanId}-01`
  const extracted = propagation.extract(ROOT_CONTEXT, { traceparent })
  const phase = context.with(extracted, () => observer.begin(VIEW)) as Phase
  phase.end()
  expect((await sent())['view book']).toMatchObject({ traceId: REMOTE.traceId, parentSpanId: REMOTE.spanId })
})

test('what is not sampled is not recorded, but has its ids and is propagated as such', async () => {
  await begin({ OTEL_TRACES_SAMPLER: 'always_off' })
  const gateway = observer.open(GATEWAY)
  expect(gateway.recording).toBe(false)
  expect(gateway.propagate().traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  observer.run(
    gateway,
    () => {
      expect(observer.begin(VIEW)).toBeUndefined()
      expect(observer.current()).toBe(gateway)
      const span = trace.getTracer('shop').startSpan('mine')
      expect(span.isRecording()).toBe(false)
      expect(span.spanContext().traceId).toBe(gateway.traceId)
      span.end()
    },
    undefined,
  )
  gateway.end()
  expect(await sent()).toEqual({})
})

test('nothing is recorded where tracing is suppressed', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  const suppress = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
  observer.run(
    gateway,
    () =>
      context.with(context.active().setValue(suppress, true), () => {
        expect(observer.current()?.propagate()).toEqual({ traceparent: '' })
        expect(observer.begin(VIEW)).toBeUndefined()
        trace.getTracer('shop').startSpan('mine').end()
      }),
    undefined,
  )
  gateway.end()
  expect(Object.keys(await sent())).toEqual(['GET'])
})

test('limits on attributes, events and links are kept, and what was dropped is counted', async () => {
  await begin({
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '1',
    OTEL_SPAN_LINK_COUNT_LIMIT: '0',
  })
  const span = trace.getTracer('shop').startSpan('mine')
  span
    .setAttributes({ a: 'abcdef', b: ['xxxxx'], c: 1 })
    .addEvent('first')
    .addEvent('second')
  span.addLink({ context: { ...REMOTE, traceFlags: 1 } })
  span.end()
  expect((await sent())['mine']).toMatchObject({
    attributes: { a: 'abc', b: ['xxx'] },
    dropped: { attributes: 1, events: 1, links: 1 },
  })
})

test('after a shutdown nobody observes, and the API is free again', async () => {
  await begin()
  await agent?.shutdown()
  expect(observer.open(GATEWAY).recording).toBe(false)
  expect(trace.getTracer('x').startSpan('y').isRecording()).toBe(false)
})

test.each([
  ['OTEL_SDK_DISABLED', 'true'],
  ['OTEL_TRACES_EXPORTER', 'none'],
])('%s=%s starts nothing', async (name, value) => {
  await begin({ [name]: value })
  expect(agent).toBeUndefined()
  expect(observer.open(GATEWAY).recording).toBe(false)
})

test('the agent’s own requests are neither traced nor marked', async () => {
  const app: Server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(app, 'listening')
  await begin()
  const gateway = observer.open(GATEWAY)
  await observer.run(
    gateway,
    async () => void (await fetch(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`)),
    undefined,
  )
  gateway.end()
  await agent?.flush()
  expect(sink.headers.length).toBeGreaterThan(0)
  for (const headers of sink.headers) expect(headers['traceparent']).toBeUndefined()
  app.closeAllConnections()
  app.close()
})
