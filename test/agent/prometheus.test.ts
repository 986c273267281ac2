import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as ask, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AgentOptions } from '../../src/agent/options.ts'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { phaseFamilies } from '../../src/alerts/metrics.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import { expose, OPENMETRICS, PLAIN } from '../../src/model/openmetrics.ts'
import { decodeMetrics } from '../../src/otlp/decode-metrics.ts'
import { installed, missing } from '../tools.ts'
import { collector, type TestCollector } from './collector.ts'

const GET = label('gateway', 'GET')
const BOOK = label('gateway', 'GET /books/:id', { 'http.route': '/books/:id' })
const SESSION = label('middleware.request', 'session process_request', {
  'phaseline.middleware.name': 'session',
  'phaseline.middleware.hook': 'process_request',
})

let sink: TestCollector
let agent: Agent | undefined
let base: string
/** What was said on standard error. */
let said: string[]

/** Starts the agent such that it serves metrics on a port that is free. */
async function begin(exporters: string, env: Record<string, string> = {}, options: AgentOptions = {}): Promise<void> {
  const served = Promise.withResolvers<string>()
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text))
    const url = /served at (\S+)/.exec(String(text))?.[1]
    if (url !== undefined) served.resolve(url)
    return true
  })
  const prometheus = { OTEL_METRICS_EXPORTER: exporters, OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...env }
  agent = await startAgent({ endpoint: sink.url, serviceName: 'shop', env: prometheus, ...options })
  if (prometheus.OTEL_EXPORTER_PROMETHEUS_PORT === '0' && exporters.includes('prometheus')) base = await served.promise
}

interface Scraped {
  readonly status: number
  readonly type: string | undefined
  readonly body: string
}

function scrape(accept: string = OPENMETRICS, path = '/metrics', method = 'GET'): Promise<Scraped> {
  return new Promise((resolve, reject) => {
    const request = ask(new URL(path, base), { method, headers: { accept }, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body }))
    })
    request.on('error', reject).end()
  })
}

/** A request of 100 ms, with a session of 10. */
function request(): Phase {
  const gateway = observer.open(GET, undefined, 1_000)
  observer.begin(SESSION, gateway, 1_000)?.end(1_010)
  gateway.relabel(BOOK)
  gateway.end(1_100)
  return gateway
}

const count = ({ body }: Scraped): number => Number(/_seconds_count\{[^}]*name="session"[^}]*\} (\d+)/.exec(body)?.[1])

beforeEach(async () => {
  said = []
  sink = await collector()
})

afterEach(async () => {
  await agent?.shutdown(100)
  agent = undefined
  vi.restoreAllMocks()
  await sink.close()
})

test('who asks for OpenMetrics gets it, with exemplars; who does not gets the plain text', async () => {
  await begin('prometheus')
  const { traceId } = request()
  const prometheus = await scrape('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1')
  expect(prometheus).toMatchObject({ status: 200, type: OPENMETRICS })
  expect(prometheus.body).toContain(
    `phaseline_phase_self_seconds_bucket{service="shop",phase="middleware.request",name="session",hook="process_request",route="/books/:id",le="0.015625"} 1 # {trace_id="${traceId}"} 0.01 `,
  )
  expect(prometheus.body.endsWith('# EOF\n')).toBe(true)
  const person = await scrape('*/*')
  expect(person).toMatchObject({ status: 200, type: PLAIN })
  expect(person.body).not.toContain('trace_id')
})

test('its series are those that the collector exposes when it is sent the same', async () => {
  await begin('otlp,prometheus')
  for (let i = 0; i < 3; i++) request()
  const failing = observer.open(BOOK, undefined, 0)
  failing.fail('500')
  failing.end(10)
  await agent?.flush()
  const engine = new AlertEngine()
  for (const body of sink.metricBodies()) engine.meter(decodeMetrics(body, 'protobuf'))
  const ofPhases = (body: string): string[] =>
    body
      .split('\n')
      .filter((line) => /^(# \w+ )?phaseline_phase/.test(line))
      .map((line) => line.split(' # ')[0] as string)
      .toSorted()
  const theirs = ofPhases(expose(phaseFamilies(engine), OPENMETRICS).body)
  expect(theirs.length).toBeGreaterThan(40)
  expect(ofPhases((await scrape()).body)).toEqual(theirs)
})

test.each(['prometheus', 'otlp,prometheus'])(
  '%s: counters count from the start, whatever was sent meanwhile',
  async (exporters) => {
    await begin(exporters)
    const counts: number[] = []
    for (let i = 0; i < 3; i++) {
      request()
      counts.push(count(await scrape()))
      await agent?.flush()
      counts.push(count(await scrape()))
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 3])
    const sent = sink.metrics().filter(({ name }) => name === 'phaseline.phase.self_time')
    expect(sent.map(({ points: [first] }) => first?.count)).toEqual(exporters === 'prometheus' ? [] : [1, 1, 1])
  },
)

test('requests that are not sampled are counted, and without spans there are metrics', async () => {
  await begin('prometheus', { OTEL_TRACES_SAMPLER: 'always_off' })
  request()
  expect(count(await scrape())).toBe(1)
  await agent?.shutdown(100)
  await begin('prometheus', { OTEL_TRACES_EXPORTER: 'none' })
  request()
  expect(count(await scrape())).toBe(1)
})

test('what hangs is told with its age', async () => {
  await begin('prometheus')
  const gateway = observer.open(BOOK, undefined, performance.now() - 5_000)
  observer.begin(SESSION, gateway, performance.now() - 4_000)
  const { body } = await scrape()
  expect(body).toMatch(/^phaseline_in_flight\{[^}]*phase="gateway"[^}]*route="\/books\/:id"\} 1$/m)
  expect(
    Number(/^phaseline_in_flight_age_seconds\{[^}]*name="session"[^}]*\} ([\d.]+)$/m.exec(body)?.[1]),
  ).toBeGreaterThanOrEqual(4)
})

test('the agent says how it is', async () => {
  await begin('prometheus', {}, { attributes: { 'host.name': 'here' } })
  request()
  await agent?.flush()
  const { body } = await scrape()
  const of = (name: string): number => Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(body)?.[1])
  const own = `service="shop",host="here",pid="${process.pid}"`
  expect(of(`phaseline_agent_spans_total{${own},outcome="exported"}`)).toBeGreaterThanOrEqual(2)
  expect(of(`phaseline_agent_posts_total{${own}}`)).toBeGreaterThanOrEqual(1)
  expect(of(`phaseline_agent_bytes_total{${own}}`)).toBeGreaterThan(100)
  expect(of(`phaseline_agent_time_seconds_total{${own},work="send"}`)).toBeGreaterThan(0)
  expect(of(`phaseline_agent_queue_spans{${own}}`)).toBe(0)
})

test('being scraped is no request of the app', async () => {
  const undo = watchServers()
  await begin('prometheus')
  await scrape()
  expect((await scrape()).body).not.toContain('phase="gateway"')
  await agent?.flush()
  expect(sink.spans().filter(({ attributes }) => attributes['phaseline.phase'] === 'gateway')).toEqual([])
  undo()
})

test('there are other pages and methods elsewhere', async () => {
  await begin('prometheus')
  expect((await scrape('', '/')).status).toBe(404)
  expect((await scrape('', '/metrics', 'POST')).status).toBe(405)
  expect(await scrape(OPENMETRICS, '/metrics', 'HEAD')).toEqual({ status: 200, type: OPENMETRICS, body: '' })
})

test('thousands of series come in pieces, and whole', async () => {
  await begin('prometheus')
  for (let i = 0; i < 1_000; i++) {
    const gateway = observer.open(label('gateway', `GET /${i}`, { 'http.route': `/${i}` }), undefined, 0)
    gateway.end(2)
  }
  const { body } = await scrape()
  expect(body.match(/_seconds_count\{/g)).toHaveLength(1_000)
  expect(body.endsWith('# EOF\n')).toBe(true)
})

test('a taken port is said once, and does no harm', async () => {
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await begin('prometheus', { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) })
  await expect.poll(() => said).toHaveLength(1)
  expect(said[0]).toMatch(
    /^phaseline: metrics are not served \(.*EADDRINUSE.*\); .*OTEL_EXPORTER_PROMETHEUS_PORT names another port\n$/,
  )
  request()
  await agent?.flush()
  expect(sink.spans()).toHaveLength(2)
  server.close()
})

test.skipIf(missing('promtool'))('the real promtool finds nothing wrong with it', async () => {
  await begin('prometheus')
  for (let i = 0; i < 3; i++) request()
  const { body: input } = await scrape('')
  const { status, stdout, stderr } = spawnSync(installed('promtool') as string, ['check', 'metrics'], { input, encoding: 'utf8' })
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
})
