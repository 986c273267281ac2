import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { decodeTraces } from '../../src/otlp/decode.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import { collector, type TestCollector } from '../agent/collector.ts'

/** How long a stream lives here, in ms: longer than any handshake. */
const LIFE = 300

let sink: TestCollector
let agent: Agent | undefined
let server: Server
let unwatch: () => void

beforeEach(async () => {
  sink = await collector()
  agent = await startAgent({ endpoint: sink.url, env: {}, metrics: true })
  unwatch = watchServers()
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    setTimeout(() => response.end(), LIFE)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  unwatch()
  server.closeAllConnections()
  server.close()
  await agent?.shutdown(100)
  await sink.close()
})

const port = (): number => (server.address() as AddressInfo).port

async function events(): Promise<void> {
  const [response] = (await once(get({ port: port(), agent: false }), 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
}

async function chat(): Promise<void> {
  const sockets = new WebSocketServer({ server })
  const client = new WebSocket(`ws://127.0.0.1:${port()}/`)
  const [[accepted]] = (await Promise.all([once(sockets, 'connection'), once(client, 'open')])) as unknown as [[WebSocket]]
  await wait(LIFE)
  const closed = once(accepted, 'close')
  client.close()
  await closed
}

/** The one timeline, once its stream is over. */
async function timeline(): Promise<Timeline> {
  await expect.poll(async () => (await agent?.flush(), sink.spans().some(({ name }) => name === 'stream'))).toBe(true)
  return stitch(sink.traces().flatMap((body) => decodeTraces(body, 'protobuf').spans))
}

test.each([
  ['server-sent events', events, 200],
  ['a WebSocket', chat, 101],
])('the life of %s is on the timeline, and in no latency', async (_what, use, status) => {
  await use()
  const whole = await timeline()
  const stream = whole.spans.find(({ name }) => name === 'stream')
  const gateway = whole.spans.find(({ phase }) => phase === 'gateway')
  expect(Number(stream?.end) - Number(stream?.start)).toBeGreaterThan(LIFE * 0.9e6)
  expect(stream?.parentSpanId).toBe(gateway?.spanId)
  expect(stream?.start).toBe(gateway?.end)

  const { durationNs, inFlight, phases, ...summary } = summarise(whole)
  expect(summary.status).toBe(status)
  expect(inFlight).toBe(false)
  expect(durationNs).toBe((gateway?.end as bigint) - (gateway?.start as bigint))
  expect(durationNs).toBeLessThan(LIFE * 1e6)
  expect([...phases.values()].reduce((sum, one) => sum + one, 0n)).toBe(durationNs)

  const engine = new AlertEngine()
  engine.learn(whole)
  for (const { subject, total } of engine.series)
    expect([subject.phase, total.quantile(1)]).toEqual([subject.phase, expect.toSatisfy((s) => s < LIFE / 1e3)])
  const served = engine.spans.groups.filter(({ kind }) => kind === 'SERVER')
  expect(served.map(({ durations }) => durations.quantile(1) < LIFE / 1e3)).toEqual([true])

  const times = sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time')
  const points = times.flatMap((metric) => metric.points)
  expect(points.map(({ attributes }) => attributes['phaseline.phase'])).toContain('gateway')
  for (const { sum = 0 } of points) expect(sum).toBeLessThan(LIFE / 1e3)
})
