import { expect, onTestFinished, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { startAlerting } from '../../src/station/alerting.ts'
import { Histogram } from '../../src/model/histogram.ts'
import type { MetricPoint } from '../../src/model/metric.ts'
import type { Span, Value } from '../../src/model/span.ts'
import { encodeMetrics } from '../../src/otlp/encode-metrics.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { numbers, traceOf } from '../bench/traces.ts'
import { running, send } from '../collector/running.ts'
import { bench, inMemory, rule } from './support.ts'

const NOW = Date.UTC(2026, 10, 21)
const SHOP = { service: 'shop', host: 'a', attributes: new Map() }

/** A point of `phaseline.phase.self_time`, or another figure: so many calls of a middleware of the shop, of 10 ms each. */
function point(changes: Partial<MetricPoint> = {}, attributes: Record<string, Value> = {}, calls = 100): MetricPoint {
  const histogram = new Histogram()
  histogram.record(0.01, calls)
  const own = { 'phaseline.phase': 'middleware.request', 'phaseline.name': 'Middleware4', 'http.route': '/', ...attributes }
  return {
    name: 'phaseline.phase.self_time',
    resource: SHOP,
    attributes: new Map(Object.entries(own)),
    delta: true,
    from: NOW - 10_000,
    to: NOW,
    value: 0,
    histogram: histogram.toData(),
    exemplars: [],
    ...changes,
  }
}

/** One request to the shop, of twelve spans. */
const request = (seed: number, at: number = NOW - 1_000): Span[] => traceOf(numbers(seed), 12, BigInt(at) * 1_000_000n)

const engineAt = (now: () => number): AlertEngine => new AlertEngine({ now })
const countOf = (engine: AlertEngine, service: string): number =>
  [...engine.series]
    .filter((series) => series.subject.service === service)
    .flatMap((series) => series.slots)
    .reduce((sum, slot) => sum + slot.self.count, 0)

test('of a service that sends metrics these count and its timelines do not; of others theirs do', () => {
  const engine = engineAt(() => NOW)
  engine.meter([point()])
  const before = countOf(engine, 'shop')
  engine.learn(stitch(request(1)))
  expect([before, countOf(engine, 'shop')]).toEqual([100, 100])
  expect(countOf(engine, 'edge')).toBe(2)
})

test('its timelines are still shown', () => {
  const engine = engineAt(() => NOW)
  const timeline = stitch(request(1))
  const gateway = timeline.spans.find((span) => span.phase === 'gateway')
  const name = gateway?.name ?? ''
  const route = name.slice('GET '.length)
  engine.meter([point({}, { 'phaseline.phase': 'gateway', 'phaseline.name': name, 'http.route': route })])
  engine.learn(timeline)
  const series = engine.series.get({ service: 'shop', phase: 'gateway', name, hook: '', route })
  expect(series?.slots.at(-1)?.slowest?.traceId ?? series?.slots[0]?.slowest?.traceId).toBe(timeline.traceId)
})

test('what its timelines said of the time that the first metrics tell of is not counted twice', () => {
  const engine = engineAt(() => NOW)
  engine.learn(stitch(request(1, NOW - 120_000)))
  engine.learn(stitch(request(2, NOW - 1_000)))
  engine.meter([point({ from: NOW - 60_000 })])
  expect(countOf(engine, 'shop')).toBe(100 + 9)
})

test('a service that has sent no metrics for a quarter of an hour is known by its timelines again', () => {
  let now = NOW
  const engine = engineAt(() => now)
  engine.meter([point()])
  now += 16 * 60_000
  engine.tick()
  engine.learn(stitch(request(1, now - 1_000)))
  expect(countOf(engine, 'shop')).toBeGreaterThan(5)
})

test('a restart remembers who sends metrics', () => {
  const memory = inMemory()
  const before = new AlertEngine({ memory, now: () => NOW })
  before.meter([point()])
  before.save()
  const after = new AlertEngine({ memory, now: () => NOW })
  after.learn(stitch(request(1)))
  expect(countOf(after, 'shop')).toBe(100)
})

test('a phase that is made out in somebody else’s span counts: the agent’s metrics do not know it', () => {
  const engine = engineAt(() => NOW)
  engine.meter([point()])
  const spans = request(1).map((span) => (span.resource.service === 'shop' ? foreign(span) : span))
  engine.learn(stitch(spans))
  expect(countOf(engine, 'shop')).toBeGreaterThan(100)
})

/** As OpenTelemetry's own instrumentation would have it. */
function foreign(span: Span): Span {
  return { ...span, kind: 'CLIENT', attributes: new Map([['db.system.name', 'postgresql']]) }
}

test('errors and shares come beside the times, what there is too much of is `other`, and the rest is passed over', () => {
  const engine = engineAt(() => NOW)
  engine.meter([
    point(),
    point({ name: 'phaseline.phase.errors', histogram: null, value: 7 }),
    point({ name: 'phaseline.phase.share', histogram: null, value: 12.5 }),
    point({}, { 'otel.metric.overflow': true, 'phaseline.name': 'other', 'http.route': '/x' }, 5),
    point({ name: 'phaseline.agent.spans', histogram: null, value: 1e9 }),
    point({ delta: false }),
    point({}, { 'phaseline.phase': 'lunch' }),
    point({ name: 'phaseline.phase.errors', histogram: null, value: NaN }),
  ])
  const found = [...engine.series].map(({ subject, slots: [slot] }) => [
    subject.name,
    subject.route,
    slot?.self.count,
    slot?.errors,
    slot?.shareSum,
  ])
  expect(found).toEqual([
    ['Middleware4', '/', 100, 7, 12.5],
    ['other', '', 5, 0, 0],
  ])
})

test('the exemplars of metrics are those of the alert', () => {
  const { engine, clock } = bench([rule({ above: '5ms', for: '0s', window: '1m' })])
  const exemplars = [
    { traceId: 'typical', value: 0.01, at: clock.now },
    { traceId: 'slowest', value: 0.03, at: clock.now },
  ]
  engine.meter([point({ from: clock.now - 10_000, to: clock.now, exemplars })])
  engine.tick()
  const { exemplars: found } = engine.alerts()[0]?.reading ?? {}
  expect([found?.slowest?.traceId, found?.typical?.traceId]).toEqual(['slowest', expect.stringMatching(/typical|slowest/)])
})

test('metrics that come over the network reach the alerts', async () => {
  const collector = await running()
  const alerting = startAlerting(collector, { tell: false }, undefined)
  onTestFinished(() => alerting.close())
  const histogram = new Histogram()
  histogram.record(0.2, 40)
  const attributes = { 'phaseline.phase': 'middleware.request', 'phaseline.name': 'Auth' }
  const points = [{ attributes, histogram, exemplars: [] }]
  const metric = { name: 'phaseline.phase.self_time', unit: 's', description: '', kind: 'histogram', points } as const
  const resource = Buffer.concat([
    Buffer.from([0x0a, 20, 0x0a, 12]),
    Buffer.from('service.name'),
    Buffer.from([0x12, 4, 0x0a, 2]),
    Buffer.from('my'),
  ])
  const to = performance.now()
  const body = encodeMetrics(resource, [metric], { from: to - 1_000, to })
  expect((await send(collector.otlpPort, body, { path: '/v1/metrics' })).status).toBe(200)
  expect([...alerting.engine.series].map((series) => [series.subject.service, series.subject.name, series.total.count])).toEqual([
    ['my', 'Auth', 40],
  ])
})
