import { afterAll, beforeAll, expect, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { collect, type Collector } from '../../src/collector/index.ts'
import { serve, type Serving } from '../../src/query/server.ts'
import { bookshop, spansOf, type Part } from './bookshop.ts'

const NOW = Date.now()

let collector: Collector
let serving: Serving

const request = (ms: number, failed?: string): Part => ({
  phase: 'gateway',
  name: 'GET /broken/',
  service: 'bookshop',
  from: 0,
  to: ms * 1_000,
  attributes: {},
  ...(failed !== undefined && { failed }),
})

beforeAll(async () => {
  collector = await collect({ otlpPort: 0 })
  const alerts = new AlertEngine()
  collector.on('timeline', (_summary, timeline) => alerts.learn(timeline))
  const ago = (minutes: number): bigint => BigInt(NOW - minutes * 60_000) * 1_000_000n
  collector.add([
    ...spansOf(bookshop(), 1, ago(1)),
    ...spansOf(request(100), 2, ago(2)),
    ...spansOf(request(100), 3, ago(3)),
    ...spansOf(request(100), 4, ago(4)),
    ...spansOf(request(400, 'it broke'), 5, ago(5)),
  ])
  await collector.flush()
  const live = { subscribe: collector.on.bind(collector, 'timeline') as never }
  serving = await serve({ store: collector.store, live, stats: () => collector.stats(), port: 0, alerts })
})
afterAll(async () => {
  await serving?.close()
  await collector?.close()
})

interface Family {
  name: string
  metrics: {
    labels: { name: string; value: string }[]
    metricPoints: { gaugeValue: { doubleValue: number }; timestamp: string }[]
  }[]
}

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${serving.url}/api/${path}`)
  return { status: answer.status, body: await answer.json() }
}

/** The last value of each operation. */
async function lastOf(path: string): Promise<Record<string, number | undefined>> {
  const { metrics } = (await get(path)).body as Family
  return Object.fromEntries(
    metrics.map(({ labels, metricPoints }) => [
      labels.find(({ name }) => name === 'operation')?.value,
      metricPoints.at(-1)?.gaugeValue.doubleValue,
    ]),
  )
}

const query = `service=bookshop&groupByOperation=true&endTs=${NOW}&lookback=3600000&step=60000&ratePer=600000`

test('Jaeger’s Monitor tab gets latencies in ms, calls per second and the share of errors, by operation', async () => {
  const latencies = await lastOf(`metrics/latencies?${query}&quantile=0.95`)
  expect(Math.abs((latencies['GET /broken/'] ?? 0) / 400 - 1)).toBeLessThan(0.02)
  expect((await lastOf(`metrics/calls?${query}`))['GET /broken/']).toBeCloseTo(4 / 600)
  expect((await lastOf(`metrics/errors?${query}`))['GET /broken/']).toBe(0.25)
})

test('the points are a step apart, and stretches without calls have none', async () => {
  const { body } = await get(`metrics/calls?${query}`)
  const { name, metrics } = body as Family
  expect(name).toBe('service_operation_call_rate')
  const times = metrics[0]?.metricPoints.map(({ timestamp }) => Date.parse(timestamp)) ?? []
  expect(times.length).toBeGreaterThan(1)
  expect(times.length).toBeLessThan(12)
  for (const [index, time] of times.entries()) if (index > 0) expect(time - (times[index - 1] as number)).toBe(60_000)
})

test('only the spans that are asked for are counted', async () => {
  const clients = (await get(`metrics/calls?${query}&spanKind=client`)).body as Family
  expect(clients.metrics.flatMap(({ labels }) => labels.map(({ value }) => value))).not.toContain('GET /broken/')
  const others = (await get(`metrics/calls?service=nobody&endTs=${NOW}`)).body as Family
  expect(others).toMatchObject({ name: 'service_call_rate', metrics: [] })
})

test.each(['1', 't', 'True'])('%s is as true as true', async (yes) => {
  const { body } = await get(`metrics/calls?service=bookshop&groupByOperation=${yes}&endTs=${NOW}`)
  expect((body as Family).name).toBe('service_operation_call_rate')
})

test.each([
  ['metrics/calls', 400],
  ['metrics/latencies?service=bookshop', 400],
  ['metrics/latencies?service=bookshop&quantile=7', 400],
  ['metrics/calls?service=bookshop&step=often', 400],
  ['metrics/calls?service=bookshop&groupByOperation=often', 400],
  ['metrics/calls?service=bookshop&spanKind=server&spanKind=some', 400],
  ['metrics/lunch?service=bookshop', 404],
])('%s is refused with %i', async (path, status) => {
  expect((await get(path)).status).toBe(status)
})

test('the shortest step is a minute', async () => {
  expect(await get('metrics/minstep')).toMatchObject({ status: 200, body: { data: 60_000 } })
})

test('a list of results is short: counts, times and services of each trace', async () => {
  const range = `query.start_time_min=2020-01-01T00:00:00Z&query.start_time_max=2050-01-01T00:00:00Z`
  const { body } = await get(`v3/trace-summaries?query.service_name=bookshop&${range}`)
  const { summaries } = body as { summaries: { traceId: string; spanCount: number; services: { spanCount: number }[] }[] }
  expect(summaries).toHaveLength(5)
  const broken = summaries.find(({ traceId }) => traceId.endsWith('5'))
  expect(broken).toMatchObject({
    rootServiceName: 'bookshop',
    rootOperationName: 'GET /broken/',
    minStartTimeUnixNano: String(BigInt(NOW - 300_000) * 1_000_000n),
    maxEndTimeUnixNano: String(BigInt(NOW - 300_000 + 400) * 1_000_000n),
    spanCount: 1,
    errorSpanCount: 1,
    orphanSpanCount: 0,
    services: [{ name: 'bookshop', spanCount: 1, errorSpanCount: 1 }],
  })
  for (const { spanCount, services } of summaries) expect(services.reduce((sum, one) => sum + one.spanCount, 0)).toBe(spanCount)
  const none = await get(`v3/trace-summaries?query.service_name=nobody&${range}`)
  expect(none).toEqual({ status: 200, body: { summaries: [] } })
})
