import { createServer, get, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentOptions } from '../../src/agent/options.ts'
import { startAgent, type Agent } from '../../src/agent/start.ts'
import { collect, type Collector } from '../../src/collector/index.ts'
import { watchServers } from '../../src/gateway/watch.ts'
import { label } from '../../src/model/label.ts'
import { observer, type Phase } from '../../src/model/observer.ts'
import type { Timeline, TimelineSpan } from '../../src/model/timeline.ts'
import { unwatched } from '../../src/model/unwatched.ts'

const GATEWAY = label('gateway', 'GET')
const SESSION = label('middleware.request', 'session process_request')
const VIEW = label('view', 'view book')
const DB = label('db', 'SELECT book')

let station: Collector
let agent: Agent | undefined

async function begin(options: AgentOptions = {}): Promise<void> {
  const env = { OTEL_BSP_SCHEDULE_DELAY: '20', ...options.env }
  agent = await startAgent({ endpoint: `http://127.0.0.1:${station.otlpPort}`, ...options, env })
}

/** Resolves with the first timeline that the real collector makes which is as wanted. */
function timeline(wanted: (timeline: Timeline) => boolean): Promise<Timeline> {
  return new Promise((resolve) => {
    const stop = station.on('timeline', (_summary, made) => {
      if (!wanted(made)) return
      stop()
      resolve(made)
    })
  })
}

const hangs = ({ warnings }: Timeline): boolean => warnings.has('in_flight')
const named = ({ spans }: Timeline, name: string): TimelineSpan | undefined => spans.find((span) => span.name === name)

beforeEach(async () => {
  station = await collect({ otlpPort: 0, patience: { rooted: 50, rootless: 50, most: 500 } })
})

afterEach(async () => {
  await agent?.shutdown(1_000)
  await station.close()
})

test('a request that hangs is a timeline in the collector while it hangs, and an ordinary one when it has ended', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  observer.begin(SESSION, gateway)?.end()
  const view = observer.begin(VIEW, gateway) as Phase
  const query = observer.begin(DB, view) as Phase
  const during = await timeline(hangs)
  expect(during.spans.map(({ name, warnings }) => [name, warnings])).toEqual([
    ['GET', ['in_flight']],
    ['session process_request', []],
    ['view book', ['in_flight']],
    ['SELECT book', ['in_flight']],
  ])
  query.end()
  view.set('app.rows', 3)
  view.end()
  gateway.end()
  const after = await timeline((made) => !hangs(made))
  expect(after.traceId).toBe(during.traceId)
  expect(after.spans.map(({ name, spanId, warnings }) => [name, spanId, warnings])).toEqual(
    during.spans.map(({ name, spanId }) => [name, spanId, []]),
  )
  expect(named(after, 'view book')?.source?.attributes.get('app.rows')).toBe(3)
  expect(after.durationNs).toBeGreaterThan(during.durationNs)
})

test('it is shown again while it goes on hanging', async () => {
  await begin()
  const gateway = observer.open(GATEWAY)
  const first = await timeline(hangs)
  const second = await timeline((made) => hangs(made) && made.version !== first.version)
  expect(second.durationNs).toBeGreaterThan(first.durationNs)
  gateway.end()
})

test('a handler that never answers is seen from the process and from the collector', async () => {
  await begin()
  const unwatch = watchServers()
  let answer: ServerResponse | undefined
  const server = createServer((_request, response) => void (answer = response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = unwatched(get({ port: (server.address() as AddressInfo).port, path: '/slow' }))
  const shown = await timeline(({ spans }) => spans.some(({ name }) => name === 'GET'))
  expect(agent?.inFlight().map(({ traceId, phase }) => [traceId, phase])).toContainEqual([shown.traceId, 'gateway'])
  const over = timeline((made) => made.traceId === shown.traceId && !hangs(made))
  client.on('response', (response) => response.resume())
  answer?.end('at last')
  const gateway = named(await over, 'GET')
  expect(gateway?.source?.attributes.get('http.response.status_code')).toBe(200)
  unwatch()
  server.closeAllConnections()
  server.close()
})

test('inFlight tells which phases a request is in, and since when', async () => {
  await begin()
  const before = Date.now()
  const gateway = observer.open(GATEWAY)
  const view = observer.begin(VIEW, gateway) as Phase
  observer.begin(DB, view)
  observer.begin(SESSION, gateway)?.end()
  const later = observer.open(GATEWAY)
  const [one, two, ...more] = agent?.inFlight() ?? []
  expect(more).toEqual([])
  expect(one).toMatchObject({ traceId: gateway.traceId, phase: 'gateway', name: 'GET' })
  expect(one?.in).toMatchObject([{ phase: 'db', name: 'SELECT book' }])
  expect(two?.in).toMatchObject([{ phase: 'gateway' }])
  expect(Math.abs((one?.since.getTime() ?? 0) - before)).toBeLessThan(1_000)
  gateway.end()
  later.end()
  expect(agent?.inFlight()).toEqual([])
})

test('a request that is not sampled is not shown, but is known with metrics', async () => {
  await begin({ metrics: true, env: { OTEL_TRACES_SAMPLER: 'always_off' } })
  const hidden = observer.open(GATEWAY)
  expect(agent?.inFlight().map(({ traceId }) => traceId)).toEqual([hidden.traceId])
  await agent?.shutdown()
  expect(station.stats().accepted).toBe(0)
})

test('a hanging request that was not sampled is shown once it is slow enough to be kept', async () => {
  await begin({ keep: { slowerThanMs: 500 }, env: { OTEL_TRACES_SAMPLER: 'always_off' } })
  const gateway = observer.open(GATEWAY)
  expect((await timeline(hangs)).traceId).toBe(gateway.traceId)
  gateway.end()
  expect((await timeline((made) => !hangs(made))).traceId).toBe(gateway.traceId)
})
