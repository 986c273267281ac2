import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { hanging } from '../../src/alerts/hanging.ts'
import { InFlight } from '../../src/alerts/in-flight.ts'
import { phaseFamilies } from '../../src/alerts/metrics.ts'
import type { Notification } from '../../src/alerts/notification.ts'
import { expose } from '../../src/model/openmetrics.ts'
import type { Rule } from '../../src/alerts/rule.ts'
import type { Span } from '../../src/model/span.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { end, type Said, startHanging, startStation } from './processes.ts'
import { relay } from './relay.ts'
import { bench, inMemory, rule } from './support.ts'

const START = Date.UTC(2026, 10, 21)
const RULE: Rule = rule({
  name: 'Hangs',
  figure: 'in_flight_age',
  above: '5s',
  for: undefined,
  minCount: undefined,
  window: undefined,
})

interface Part {
  readonly id: string
  readonly phase: string
  readonly name: string
  readonly parent?: string
  readonly service?: string
  /** Seconds; no end: it still runs. */
  readonly ended?: number
}

const PARTS: readonly Part[] = [
  { id: 'a1', phase: 'gateway', name: 'GET' },
  { id: 'a2', phase: 'middleware.request', name: 'lock', parent: 'a1' },
]

/** A trace whose open spans are snapshots of this age. */
function spansAt(seconds: number, parts: readonly Part[] = PARTS, trace = '1'): Span[] {
  return parts.map(({ id, phase, name, parent, service = 'shop', ended }) => ({
    traceId: trace.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    parentSpanId: parent?.padStart(16, '0') ?? null,
    name,
    kind: phase === 'gateway' ? 'SERVER' : 'INTERNAL',
    start: BigInt(START) * 1_000_000n,
    end: BigInt(START) * 1_000_000n + BigInt(Math.round((ended ?? seconds) * 1e9)),
    status: 'unset',
    statusMessage: '',
    traceState: '',
    flags: 1,
    attributes: new Map<string, string | boolean>([
      ['phaseline.phase', phase],
      ...(phase === 'gateway' ? [['http.route', '/books'] as const] : []),
      ...(ended === undefined ? [['phaseline.in_flight', true] as const] : []),
    ]),
    events: [],
    links: [],
    resource: { service, host: service, attributes: new Map() },
    scope: { name: '', version: '', attributes: new Map() },
  }))
}

const ages = (open: InFlight): [string, number][] => [...open].map(({ subject, ageMs }) => [subject.name, ageMs / 1000])

test('what has not ended is known by its subject and its age; what has ended no longer is', () => {
  const open = new InFlight()
  open.see(stitch(spansAt(2)), START + 2_100)
  expect([...open].map(({ subject }) => subject)).toEqual([
    { service: 'shop', phase: 'gateway', name: 'GET', hook: '', route: '/books' },
    { service: 'shop', phase: 'middleware.request', name: 'lock', hook: '', route: '/books' },
  ])
  open.see(stitch(spansAt(4)), START + 4_100)
  expect(ages(open)).toEqual([
    ['GET', 4],
    ['lock', 4],
  ])
  open.see(
    stitch(
      spansAt(
        5,
        PARTS.map((part) => ({ ...part, ended: 5 })),
      ),
    ),
    START + 5_100,
  )
  expect(ages(open)).toEqual([])
})

test('a phase that its request did not wait for is not in flight: nobody will say when it ends', () => {
  const open = new InFlight()
  open.see(stitch(spansAt(3, [{ ...PARTS[0]!, ended: 1 }, PARTS[1]!])), START)
  expect(ages(open)).toEqual([])
})

test.each(['front', 'shop'])('a request that its client in the service %s gave up on is', (service) => {
  const open = new InFlight()
  const client = { id: 'c1', phase: 'client', name: 'GET out', service, ended: 1 }
  open.see(stitch(spansAt(3, [client, { ...PARTS[0]!, parent: 'c1' }, PARTS[1]!])), START)
  expect(ages(open)).toEqual([
    ['GET', 3],
    ['lock', 3],
  ])
})

test('of what keeps silent for longer than between two reports nothing is known', () => {
  const open = new InFlight()
  open.see(stitch(spansAt(62)), START)
  // Something else of the trace: no word of what hangs.
  open.see(
    stitch([...spansAt(62), ...spansAt(0, [{ id: 'b1', phase: 'db', name: 'SELECT', parent: 'a2', ended: 1 }])]),
    START + 20_000,
  )
  open.forget(START + 45_000)
  expect(ages(open)).toHaveLength(2)
  open.forget(START + 45_001)
  expect(ages(open)).toEqual([])
})

test('only so many are kept, those that were silent for longest go', () => {
  const open = new InFlight(4)
  for (const trace of ['1', '2', '3']) open.see(stitch(spansAt(2, PARTS, trace)), START)
  expect([...new Set([...open].map(({ traceId }) => Number(traceId)))]).toEqual([2, 3])
})

test('a rule counts those over its limit, all routes together or each by itself', () => {
  const open = new InFlight()
  open.see(stitch(spansAt(6, PARTS, '1')), START)
  open.see(stitch(spansAt(9, PARTS, '2')), START)
  open.see(stitch(spansAt(3, PARTS, '3')), START)
  const [one, ...others] = hanging(RULE, open)
  expect(others).toEqual([])
  expect(one).toMatchObject({
    subject: { name: 'lock', route: '' },
    reading: { value: 9_000, threshold: 5_000, count: 2, exceeded: true },
  })
  expect(one?.reading.exemplars.slowest?.traceId).toMatch(/2$/)
  expect(hanging({ ...RULE, minCount: 3 }, open)[0]?.reading.exceeded).toBe(false)
  expect(hanging({ ...RULE, perRoute: true }, open)[0]?.subject.route).toBe('/books')
})

test('it fires while it hangs, is told once, and resolves when it ends', () => {
  const { engine, clock, changes } = bench([RULE])
  const pass = (seconds: number, spans: Span[]): void => {
    clock.now = START + seconds * 1_000
    engine.learn(stitch(spans))
    engine.tick()
  }
  for (const age of [1, 2, 4]) pass(age, spansAt(age))
  expect(changes()).toEqual([])
  for (const age of [8, 16, 32, 62, 92]) pass(age, spansAt(age))
  expect(changes()).toEqual(['firing'])
  expect(engine.history[0]?.notification.summary).toBe(
    'lock on shop: has been running for 8 s and has not ended; the limit is 5 s',
  )
  const over = spansAt(
    93,
    PARTS.map((part) => ({ ...part, ended: 93 })),
  )
  for (const seconds of [93, 96, 99]) pass(seconds, over)
  expect(changes()).toEqual(['firing', 'resolved'])
  expect(engine.history[1]?.notification.summary).toBe('lock on shop: nothing runs for longer than 5 s any more')
})

test('a restart while something hangs neither loses nor repeats the alert', () => {
  const memory = inMemory()
  const before = bench([RULE], { memory })
  before.clock.now = START + 32_000
  before.engine.learn(stitch(spansAt(32)))
  before.engine.tick()
  expect(before.changes()).toEqual(['firing'])
  // Killed: nobody calls `save` or `close`.
  const after = bench([RULE], { memory, now: () => START + 60_000 })
  // The next report is due up to half a minute later.
  after.clock.now += 28_000
  after.engine.tick()
  after.engine.learn(stitch(spansAt(62)))
  after.engine.tick()
  expect(after.changes()).toEqual(['firing'])
  expect(after.engine.alerts()[0]?.state).toBe('firing')
})

test('Prometheus is told how many have not ended, and the age of the oldest', () => {
  const engine = new AlertEngine()
  engine.learn(stitch(spansAt(3, PARTS, '1')))
  engine.learn(stitch(spansAt(7, PARTS, '2')))
  const { body } = expose(phaseFamilies(engine), 'text/plain')
  const labels = 'service="shop",phase="middleware.request",name="lock",route="/books"'
  expect(body).toContain(`phaseline_in_flight{${labels}} 2`)
  expect(body).toContain(`phaseline_in_flight_age_seconds{${labels}} 7`)
})

test(
  'a real app hangs: the webhook hears of it once, though the collector is killed meanwhile, and when it has ended',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'phaseline-hanging-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const told: Notification[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        told.push(JSON.parse(String(Buffer.concat(chunks))) as Notification)
        response.end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const config = join(folder, 'phaseline.config.json')
    const hook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const rules = [{ name: 'Hangs', where: { phase: 'middleware.*' }, figure: 'in_flight_age', above: '1500ms' }]
    writeFileSync(config, JSON.stringify({ rules, notify: { webhooks: [hook] } }))

    const collector = await relay()
    const started = async (): Promise<Said> => {
      const station = await startStation(folder, config)
      onTestFinished(() => end(station.child, 'SIGKILL'))
      const { otlp } = (await (await fetch(`${station.line}/api/status`)).json()) as { otlp: { http: string } }
      collector.to(otlp.http)
      return station
    }
    const first = await started()
    const app = await startHanging(collector.url)
    onTestFinished(app.stop)
    const answer = fetch(app.url).then((response) => response.text())
    const heard = (): string[] => told.map(({ change, labels }) => `${change} ${labels['name']}`)
    await expect.poll(heard, { timeout: 30_000 }).toEqual(['firing lock'])
    const metrics = await (await fetch(`${first.line}/metrics`)).text()
    const ages = metrics.split('\n').filter((line) => line.startsWith('phaseline_in_flight_age_seconds{'))
    expect(ages).toContainEqual(expect.stringMatching(/service="hanging",phase="middleware\.request",name="lock".*\} [1-9]/))

    collector.to(undefined)
    await end(first.child, 'SIGKILL')
    const second = await started()
    const active = async (): Promise<string | undefined> =>
      ((await (await fetch(`${second.line}/api/alerts`)).json()) as { alerts: { state: string }[] }).alerts[0]?.state
    expect(await active()).toBe('firing')
    await app.release()
    expect(await answer).toBe('at last')
    await expect.poll(heard, { timeout: 30_000 }).toEqual(['firing lock', 'resolved lock'])
    await end(second.child, 'SIGTERM')
  },
)
