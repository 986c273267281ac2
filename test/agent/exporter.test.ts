import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { stats, type Stats } from '../../src/agent/stats.ts'
import { label } from '../../src/model/label.ts'
import { observer } from '../../src/model/observer.ts'
import { collector, type TestCollector } from './collector.ts'

const GATEWAY = label('gateway', 'GET')
let sink: TestCollector
let agent: Agent | undefined
let before: Stats

async function begin(env: Record<string, string> = {}, endpoint = sink.url): Promise<void> {
  before = stats()
  agent = await startAgent({ endpoint, env })
}

/** What the counters have counted since `begin`. */
function counted(): Stats {
  const after = stats()
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Stats]])) as never
}

function requests(number: number): void {
  for (let i = 0; i < number; i++) observer.open(GATEWAY).end()
}

beforeEach(async () => {
  sink = await collector()
})

afterEach(async () => {
  await agent?.shutdown(50)
  await sink.close()
})

test('a collector that is not there costs nothing but the spans, and they are counted', async () => {
  await sink.close()
  await begin()
  requests(10)
  await agent?.shutdown(3_000)
  expect(counted()).toMatchObject({ spans: 10, exported: 0, dropped: 10, internalErrors: 0 })
  expect(counted().errors).toBeGreaterThan(0)
})

test.each([429, 502, 503, 504])('spans that were answered with %d arrive when the collector is back', async (status) => {
  sink.behave((_request, response) => {
    sink.behave()
    response.writeHead(status, { 'retry-after': '0' }).end()
  })
  await begin()
  requests(3)
  await agent?.flush()
  expect(sink.spans().length).toBe(3)
  expect(counted()).toMatchObject({ exported: 3, dropped: 0, errors: 1, posts: 2 })
})

test('spans that the collector refuses for good are dropped at once, and counted', async () => {
  sink.behave((_request, response) => void response.writeHead(400).end())
  await begin()
  requests(3)
  await agent?.flush()
  expect(counted()).toMatchObject({ exported: 0, dropped: 3, posts: 1 })
})

test('a collector that hangs is given up after the timeout', async () => {
  sink.behave(() => {})
  await begin({ OTEL_EXPORTER_OTLP_TIMEOUT: '50' })
  requests(3)
  await agent?.shutdown(3_000)
  expect(counted()).toMatchObject({ exported: 0, dropped: 3 })
})

test('a collector that hangs holds a flush no longer than asked', async () => {
  sink.behave(() => {})
  await begin()
  requests(3)
  await agent?.flush(20)
  expect(counted()).toMatchObject({ spans: 3, exported: 0, dropped: 0 })
})

test('a queue that is full drops the oldest, counts them, and keeps its bound', async () => {
  sink.behave(() => {})
  await begin({ OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })
  requests(1_000)
  const { spans, dropped } = counted()
  // Four requests are under way, and the queue holds 100.
  expect(spans - dropped).toBe(4 * 10 + 100)
})

test('every span is exported or dropped, never both', async () => {
  let answers = 0
  sink.behave((_request, response) => void response.writeHead(++answers % 3 === 0 ? 500 : 200).end())
  await begin({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' })
  requests(300)
  await agent?.flush()
  const { spans, exported, dropped } = counted()
  expect(spans).toBe(300)
  expect(exported + dropped).toBe(300)
  expect(dropped).toBe(100)
})

test('what the collector says it rejected is counted as dropped', async () => {
  sink.behave((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(Buffer.from([0x0a, 0x02, 0x08, 0x02]))
  })
  await begin()
  requests(5)
  await agent?.flush()
  expect(counted()).toMatchObject({ exported: 3, rejected: 2, dropped: 2 })
})

test('an answer that is no protobuf is taken as a yes', async () => {
  sink.behave((_request, response) => void response.writeHead(200).end('<html>'.repeat(50_000)))
  await begin()
  requests(2)
  await agent?.flush()
  expect(counted()).toMatchObject({ exported: 2, internalErrors: 0 })
})

test('gzip and headers are sent when asked for', async () => {
  await begin({ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,b=2' })
  requests(2)
  await agent?.flush()
  expect(sink.headers[0]).toMatchObject({ 'content-encoding': 'gzip', authorization: 'Bearer x', b: '2' })
  expect(sink.spans().length).toBe(2)
})

test('spans leave by themselves after OTEL_BSP_SCHEDULE_DELAY', async () => {
  await begin({ OTEL_BSP_SCHEDULE_DELAY: '5' })
  const request = once(sink.server, 'request')
  requests(1)
  await request
  await agent?.flush()
  expect(sink.spans().length).toBe(1)
})

test('a flood is sent in requests of a little less than a megabyte', async () => {
  await begin()
  requests(20_000)
  await agent?.flush()
  expect(sink.spans().length).toBe(20_000)
  const sizes = sink.headers.map((headers) => Number(headers['content-length']))
  expect(Math.max(...sizes)).toBeLessThan(1_000_000)
  expect(sizes.length).toBeLessThan(6)
})
