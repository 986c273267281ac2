import { expect, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import type { MetricPoint } from '../../src/model/metric.ts'
import { windowsQuery } from '../../src/query/windows/query.ts'
import { windowsJson } from '../../src/query/windows/windows.ts'
import type { WindowsJson } from '../../src/query/wire/windows.ts'
import { report } from './agent-report.ts'
import { bookshop, spansOf, type Part } from './bookshop.ts'
import { served } from './fixture.ts'
import { stubStore } from './stub-store.ts'

const MINUTE = 60_000
/** On a full minute, so that slots and windows have the same edges. */
const NOW = Date.UTC(2026, 10, 21, 12)
const ROUTE = '/books/<int:id>/'

/** Five minutes of usual requests, then five in which the session middleware takes 20 ms more. @param learns whether histograms are kept */
async function compared(search: string, { learns = true } = {}): Promise<WindowsJson> {
  const store = stubStore()
  const engine = new AlertEngine({ now: () => NOW })
  for (let number = 0; number < 40; number++) {
    const at = NOW - 10 * MINUTE + number * 15_000 + 1000
    const timeline = store.receive(spansOf(bookshop(number < 20 ? 0 : 20_000), number + 1, BigInt(at) * 1_000_000n))
    if (learns) engine.learn(timeline)
  }
  return windowsJson(windowsQuery(new URLSearchParams(search), NOW), { store, engine: learns ? engine : undefined, now: NOW })
}

test.each([
  ['histograms', { learns: true }],
  ['stored timelines', { learns: false }],
])('from %s: what got slower is first, with its p50 before and after and what it adds to a request', async (_, how) => {
  const { before, after, phases } = await compared(`route=${ROUTE}`, how)
  expect([before.took.count, after.took.count]).toEqual([20, 20])
  const longer = Number(after.took.p50Ns) - Number(before.took.p50Ns)
  expect(longer / 20e6).toBeCloseTo(1, 1)
  const [first, second] = phases?.rows ?? []
  expect(first).toMatchObject({
    name: 'SessionMiddleware',
    hook: 'process_request',
    phase: 'middleware.request',
    service: 'bookshop',
  })
  expect(Number(first?.before?.p50Ns) / 2.1e6).toBeCloseTo(1, 1)
  expect(Number(first?.after?.p50Ns) / 22.1e6).toBeCloseTo(1, 1)
  const adds = Number(first?.perRequest.afterNs) - Number(first?.perRequest.beforeNs)
  expect(adds / 20e6).toBeCloseTo(1, 5)
  expect(Number(second?.perRequest.afterNs) - Number(second?.perRequest.beforeNs)).toBeLessThan(1000)
  expect(phases).toMatchObject({ basis: 'recorded', requests: { before: 20, after: 20 } })
  expect(first?.slowest).toMatch(/^0+[12][0-9a-f]$/)
})

test('without a route: every route of both windows, and no phases', async () => {
  const { routes, phases } = await compared('')
  expect(phases).toBeNull()
  expect(routes).toHaveLength(1)
  expect(routes[0]).toMatchObject({ service: 'bookshop', route: ROUTE, before: { count: 20 }, after: { count: 20 } })
})

test('windows without requests are zeros, not errors', async () => {
  const { before, after, phases } = await compared(`route=/nowhere/&lastMs=${MINUTE}&shiftMs=${MINUTE * 600}`, { learns: false })
  expect(before.took).toEqual({ count: 0, p50Ns: '0', p95Ns: '0' })
  expect(after.bins.counts.every((count) => count >= 0)).toBe(true)
  expect(phases?.requests.before).toBe(0)
})

test('the windows are as long as each other, and the shift is never so small that they overlap', () => {
  const { before, after } = windowsQuery(new URLSearchParams('lastMs=600000&shiftMs=60000'), NOW)
  expect(after).toEqual({ from: NOW - 10 * MINUTE, to: NOW })
  expect(before).toEqual({ from: NOW - 20 * MINUTE, to: NOW - 10 * MINUTE })
})

test.each(['from=9&to=8', 'lastMs=0', 'lastMs=x', 'from=yesterday', 'shiftMs=-1'])(
  '%s is refused with what is wanted',
  async (query) => {
    const { url, close } = await served()
    const answer = await fetch(`${url}/api/compare?${query}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: 'bad_parameter' } })
    await close()
  },
)

test('the phases of whole requests, gaps too, add up to the difference of the mean', async () => {
  const { totals } = await compared(`route=${ROUTE}`)
  expect(totals[0]?.phase).toBe('middleware.request')
  expect(totals.map(({ phase }) => phase)).toContain('dns')
  const sum = totals.reduce((all, { perRequest }) => all + Number(perRequest.afterNs) - Number(perRequest.beforeNs), 0)
  expect(sum / 20e6).toBeCloseTo(1, 5)
})

test('a service that sends metrics has every request counted, the ones without a timeline too', async () => {
  const store = stubStore()
  const engine = new AlertEngine({ now: () => NOW })
  const attributes = new Map([
    ['phaseline.phase', 'gateway'],
    ['phaseline.name', 'GET /books/<int:id>/'],
    ['http.route', ROUTE],
  ])
  const [gateway] = report('bookshop', 7, 500, {}, 0)
  for (const at of [NOW - 7 * MINUTE + 1000, NOW - 2 * MINUTE + 1000])
    engine.meter([{ ...(gateway as MetricPoint), attributes, from: at - 1000, to: at }])
  const found = windowsQuery(new URLSearchParams(`route=${ROUTE}`), NOW)
  const { phases } = await windowsJson(found, { store, engine, now: NOW })
  expect(phases).toMatchObject({ basis: 'every', requests: { before: 500, after: 500 } })
})

test('huge timelines are left out of what is read, and it is said that not all were', async () => {
  const store = stubStore()
  const inside = Array.from({ length: 30_000 }, (_, at): Part => ({ phase: 'db', name: 'SELECT 1', from: at, to: at + 1 }))
  const attributes = { 'http.route': ROUTE }
  for (const [number, ago] of [7, 2].flatMap((minutes) => [minutes, minutes]).entries()) {
    const at = BigInt(NOW - ago * MINUTE + number * 1000) * 1_000_000n
    store.receive(
      spansOf({ phase: 'gateway', name: 'GET', from: 0, to: 30_000, service: 'shop', attributes, inside }, number + 1, at),
    )
  }
  const query = windowsQuery(new URLSearchParams(`route=${ROUTE}`), NOW)
  const { phases, after } = await windowsJson(query, { store, engine: undefined, now: NOW })
  expect(after.took.count).toBe(2)
  expect(phases).toMatchObject({ basis: 'some', requests: { before: 1, after: 1 } })
})
