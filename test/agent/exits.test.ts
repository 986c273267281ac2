import { context, diag, SpanStatusCode, trace } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { afterEach, expect, test, vi } from 'vitest'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { FastExit } from '../../src/agent/export/fast-exit.ts'
import { RecordKeeper } from '../../src/agent/keeper.ts'
import { AgentObserver } from '../../src/agent/observer.ts'
import type { AgentPhase } from '../../src/agent/phase.ts'
import type { TraceRecord } from '../../src/agent/record.ts'
import { OwnResource } from '../../src/agent/resource.ts'
import { alwaysOn } from '../../src/agent/sampler.ts'
import { StandardExit } from '../../src/agent/export/standard-exit.ts'
import { ownStorage } from '../../src/agent/storage.ts'
import { limits } from '../../src/agent/limits.ts'
import { SharedAttributes } from '../../src/model/attributes.ts'
import { carried } from '../../src/model/carried.ts'
import { label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import { encodeResource } from '../../src/otlp/encode.ts'
import { collector } from './collector.ts'
import { readRequest } from './otlp-reader.ts'

const GATEWAY = label('gateway', 'GET', { 'http.request.method': 'GET' })
const VIEW = label('view', 'view book', { 'code.function.name': 'book' })
const DB = label('db', 'SELECT book')
const REMOTE = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true, traceState: 'a=1' }

// Each exit asks by itself where the epoch is, and the wall clock may be set in between.
vi.mock(import('../../src/model/clock.ts'), async (original) => ({
  ...(await original()),
  epochOrigin: () => 1_795_259_696_000.25,
}))

let agent: Agent | undefined
let sdk: NodeSDK | undefined

afterEach(async () => {
  await agent?.shutdown(100)
  await sdk?.shutdown()
  agent = sdk = undefined
  trace.disable()
  context.disable()
})

/** A request with all that a span can have. */
function request(watch: AgentObserver): void {
  const gateway = watch.open(GATEWAY, REMOTE, 100.25)
  gateway.before(label('queue', 'queue'), 90, 100.25)
  gateway.set('url.path', '/books/7')
  gateway.set('http.request.method', 'QUERY')
  const view = watch.begin(VIEW, gateway, 101) as AgentPhase
  const span = view.getValue(Symbol.for('OpenTelemetry Context Key SPAN')) as ReturnType<typeof trace.getSpan>
  span
    ?.addEvent('seen', { 'a.list': ['x', 'y'] }, 101.5)
    .addLink({ context: { traceId: REMOTE.traceId, spanId: REMOTE.spanId, traceFlags: 1 }, attributes: { n: 1.5 } })
  span?.setStatus({ code: SpanStatusCode.ERROR, message: 'bad' }).updateName('view other')
  watch.begin(DB, view, 102)?.end(102.000_001)
  view.end(103)
  gateway.fail(new TypeError('no'))
  gateway.end(104.123_456)
}

const CONNECTION = new SharedAttributes({ 'client.address': '::1', 'server.port': 80, 'url.scheme': 'http' })
const METHOD = new SharedAttributes({ 'http.request.method': 'PUT', 'server.port': 81 })

/** Attributes that requests share, and everything that can come in their way. */
function sharing(watch: AgentObserver): void {
  const plain = watch.open(GATEWAY, undefined, 1)
  plain.share(CONNECTION)
  plain.set('url.path', '/')
  const view = watch.begin(VIEW, plain, 2)
  view?.share(METHOD)
  view?.end(3)
  for (const relabel of [true, false]) {
    const other = watch.begin(DB, plain, 3) as AgentPhase
    other.share(METHOD)
    if (relabel) other.relabel(GATEWAY)
    else other.share(CONNECTION)
    other.end(4)
  }
  plain.set('url.scheme', 'https')
  plain.end(5)
}

test('attributes that requests share are on their spans, the last word on each', async () => {
  const [fast, standard] = await throughBoth(sharing)
  expect(standard).toEqual(fast)
  const written = fast.map(({ attributes }) => attributes)
  expect(written[0]).toMatchObject({ 'client.address': '::1', 'server.port': 80, 'url.scheme': 'https', 'url.path': '/' })
  expect(written[1]).toMatchObject({ 'http.request.method': 'PUT', 'server.port': 81, 'code.function.name': 'book' })
  expect(written[2]).toMatchObject({ 'http.request.method': 'PUT', 'server.port': 81 })
  expect(written[3]).toMatchObject({ 'http.request.method': 'PUT', 'server.port': 80, 'client.address': '::1' })
})

test.each([
  ['number', { ...limits, attributes: 2 }, { 'client.address': '::1', 'server.port': 80 }],
  ['length', { ...limits, valueLength: 2 }, { 'client.address': '::', 'url.scheme': 'ht' }],
])('what is shared is within the limit of %s', async (_name, narrow, expected) => {
  const before = { ...limits }
  try {
    Object.assign(limits, narrow)
    const [fast] = await throughBoth((watch) => {
      const phase = watch.open(DB, undefined, 1)
      phase.share(CONNECTION)
      phase.set('more', 1)
      phase.end(2)
    })
    expect(fast[0]?.attributes).toMatchObject(expected)
    expect('more' in (fast[0]?.attributes ?? {})).toBe(narrow.attributes > 2)
  } finally {
    Object.assign(limits, before)
  }
})

test('both exits give the same spans', async () => {
  const [fast, standard] = await throughBoth(request)
  expect(fast.length).toBe(4)
  expect(standard).toEqual(fast)
})

/** The spans of what `made` makes, by each exit. */
async function throughBoth(made: (watch: AgentObserver) => void) {
  const fastBodies: Buffer[] = []
  const resource = { 'service.name': 'shop' }
  const exporter = {
    send: ({ parts }: { parts: readonly Uint8Array[] }) => void fastBodies.push(Buffer.concat(parts)),
    flush: async () => {},
  }
  const fast = new FastExit(exporter as never, encodeResource(resource), { delay: 60_000, bytes: 1 << 16, spans: Infinity })
  const kept: ReadableSpan[] = []
  const processor = {
    onStart: () => {},
    onEnd: (span: never) => void kept.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const standard = new StandardExit([processor], new OwnResource(resource), true)
  const both = {
    take(record: TraceRecord, first: AgentPhase) {
      const phases: AgentPhase[] = []
      for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) phases.push(phase)
      fast.take(record, first)
      phases.forEach((phase, i) => (phase.next = phases[i + 1]))
      standard.take(record, first)
    },
    flush: async () => {},
    shutdown: async () => {},
    lastGasp: () => {},
  }
  made(new AgentObserver(new RecordKeeper(both), alwaysOn, ownStorage))
  await fast.flush(0)
  return [fastBodies.flatMap(readRequest), readRequest(ProtobufTraceSerializer.serializeRequest(kept) as Uint8Array)] as const
}

test('span processors of the app get the spans, and may write on them', async () => {
  const exporter = new InMemorySpanExporter()
  const marker = {
    onStart: (span: { setAttribute(key: string, value: string): void }) => span.setAttribute('app.mark', 'yes'),
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  agent = await startAgent({
    env: {},
    spanProcessors: [marker, new SimpleSpanProcessor({ exporter })],
    serviceName: 'shop',
  })
  observer.open(GATEWAY).end()
  await agent?.flush()
  const [span] = exporter.getFinishedSpans()
  expect(span).toMatchObject({ name: 'GET', ended: true, attributes: { 'app.mark': 'yes', 'phaseline.phase': 'gateway' } })
  expect(span?.resource.attributes['service.name']).toBe('shop')
})

test('a processor that throws harms neither the app nor the next processor', async () => {
  const exporter = new InMemorySpanExporter()
  const broken = {
    onStart: () => {},
    onEnd: () => {
      throw new Error('broken')
    },
    forceFlush: () => Promise.reject(new Error('broken')),
    shutdown: () => Promise.reject(new Error('broken')),
  }
  agent = await startAgent({ env: {}, spanProcessors: [broken, new SimpleSpanProcessor({ exporter })] })
  observer.open(GATEWAY).end()
  await agent?.flush()
  expect(exporter.getFinishedSpans().length).toBe(1)
})

test('where the app runs its own SDK, phases go to its processors and nest with its spans', async () => {
  const exporter = new InMemorySpanExporter()
  sdk = new NodeSDK({
    serviceName: 'theirs',
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    metricReaders: [],
    instrumentations: [],
  })
  sdk.start()
  agent = await startAgent({ env: {} })
  const gateway = observer.open(GATEWAY)
  observer.run(
    gateway,
    () => {
      expect(trace.getActiveSpan()?.spanContext().spanId).toBe(gateway.spanId)
      trace.getTracer('theirs').startActiveSpan('outer', (outer) => {
        const db = observer.begin(DB) as Phase
        db.end()
        outer.end()
      })
    },
    undefined,
  )
  gateway.end()
  await agent?.flush()
  const spans = Object.fromEntries(exporter.getFinishedSpans().map((span) => [span.name, span]))
  expect(Object.keys(spans).toSorted()).toEqual(['GET', 'SELECT book', 'outer'])
  expect(spans['outer']?.parentSpanContext?.spanId).toBe(gateway.spanId)
  expect(spans['SELECT book']?.parentSpanContext?.spanId).toBe(spans['outer']?.spanContext().spanId)
  expect(spans['GET']?.resource.attributes['service.name']).toBe('theirs')
})

test('where the app runs its own SDK, metrics of every request leave under its resource', async () => {
  const exporter = new InMemorySpanExporter()
  const sink = await collector()
  const sampler = new AlwaysOffSampler()
  const spanProcessors = [new SimpleSpanProcessor({ exporter })]
  sdk = new NodeSDK({ serviceName: 'theirs', sampler, spanProcessors, metricReaders: [], instrumentations: [] })
  sdk.start()
  agent = await startAgent({ endpoint: sink.url, metrics: true, env: {} })
  observer.open(GATEWAY).end()
  await agent?.flush()
  const [self] = sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time')
  expect(self?.points[0]).toMatchObject({ count: 1, attributes: { 'phaseline.phase': 'gateway' } })
  expect(self?.resource['service.name']).toBe('theirs')
  expect(exporter.getFinishedSpans()).toEqual([])
  await agent?.shutdown(100)
  await sink.close()
})

test('the sampler of the app’s own SDK decides', async () => {
  sdk = new NodeSDK({
    sampler: new AlwaysOffSampler(),
    spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })],
    metricReaders: [],
  })
  sdk.start()
  agent = await startAgent({ env: {} })
  expect(observer.open(GATEWAY).recording).toBe(false)
})

test('an SDK whose detectors are still looking is asked for nothing that it would complain about', async () => {
  const sink = await collector()
  const found = Promise.withResolvers<string>()
  const complaints: string[] = []
  const hear = (message: string): number => complaints.push(message)
  const ignore = (): void => undefined
  diag.setLogger({ error: hear, warn: hear, info: ignore, debug: ignore, verbose: ignore })
  const spanProcessors = [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })]
  const resourceDetectors = [{ detect: () => ({ attributes: { 'host.id': found.promise, 'host.name': 'here' } }) }]
  sdk = new NodeSDK({ serviceName: 'theirs', resourceDetectors, spanProcessors, metricReaders: [], instrumentations: [] })
  sdk.start()
  agent = await startAgent({ endpoint: sink.url, metrics: true, env: {} })
  found.resolve('late')
  observer.open(GATEWAY).end()
  await agent?.flush()
  diag.disable()
  expect(complaints.filter((text) => text.includes('attribute'))).toEqual([])
  expect(sink.metrics()[0]?.resource).toMatchObject({ 'service.name': 'theirs', 'host.name': 'here' })
  await sink.close()
})

test('instrumentations of OpenTelemetry write into our records', async () => {
  const exporter = new InMemorySpanExporter()
  let tracer = trace.getTracer('none')
  const instrumentation = {
    setTracerProvider: (provider: { getTracer(name: string): typeof tracer }) => void (tracer = provider.getTracer('third')),
    enable: () => {},
    disable: () => {},
  }
  agent = await startAgent({
    env: {},
    instrumentations: [instrumentation],
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const gateway = observer.open(GATEWAY)
  observer.run(gateway, () => tracer.startSpan('theirs').end(), undefined)
  gateway.end()
  await agent?.flush()
  const theirs = exporter.getFinishedSpans().find(({ name }) => name === 'theirs')
  expect(theirs).toMatchObject({ parentSpanContext: { spanId: gateway.spanId }, instrumentationScope: { name: 'third' } })
})

test.each(['none', 'baggage', 'tracecontext'])('inside the app’s own SDK OTEL_PROPAGATORS counts too: %s', async (wanted) => {
  sdk = new NodeSDK({ spanProcessors: [], metricReaders: [], instrumentations: [] })
  sdk.start()
  agent = await startAgent({ env: { OTEL_PROPAGATORS: wanted } })
  expect(carried).toEqual({ tracecontext: wanted === 'tracecontext', baggage: wanted === 'baggage' })
  await agent?.shutdown()
  agent = undefined
  expect(carried).toEqual({ tracecontext: true, baggage: true })
})

test('a processor that throws at once when it is to flush or to shut down, or gives no promise, is no failure of the app', async () => {
  const broken = { onStart() {}, onEnd() {}, forceFlush: undefined as never, shutdown: undefined as never }
  const careless = { ...broken, forceFlush: () => undefined as never, shutdown: () => undefined as never }
  agent = await startAgent({ env: {}, spanProcessors: [broken, careless] })
  observer.open(GATEWAY).end()
  await expect(agent?.flush(1_000)).resolves.toBeUndefined()
  await expect(agent?.shutdown(1_000)).resolves.toBeUndefined()
})
