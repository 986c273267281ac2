import { expect, test } from 'vitest'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { bookshop, spansOf, type Part } from '../query/bookshop.ts'
import { timelineOf, type Sketch } from './spans.ts'

const client = (inside: readonly Part[], status: number): Part => ({
  phase: 'client',
  name: 'GET',
  service: 'traffic',
  from: 0,
  to: 100,
  attributes: { 'http.response.status_code': status },
  ...(status >= 400 && { failed: String(status) }),
  inside,
})
const gateway = (status: number, failed?: string): Part => ({
  phase: 'gateway',
  name: 'GET /',
  service: 'shop',
  from: 10,
  to: 90,
  attributes: { 'http.response.status_code': status },
  ...(failed !== undefined && { failed }),
})
const summaryOf = (root: Part): ReturnType<typeof summarise> => summarise(stitch(spansOf(root)))

test('a request is named after the app, not after the proxy in front of it', () => {
  const { service, name, services } = summaryOf(bookshop())
  expect([service, name]).toEqual(['bookshop', 'GET /books/<int:id>/'])
  expect(services).toEqual(['bookshop', 'edge', 'traffic'])
})

test('without an app it is named after who answered', () => {
  const proxy: Part = {
    phase: 'proxy',
    name: 'GET',
    service: 'edge',
    from: 10,
    to: 90,
    attributes: { 'http.route': '/static/*' },
  }
  expect(summaryOf(client([proxy], 200))).toMatchObject({ service: 'edge', route: '/static/*' })
  expect(summaryOf(client([], 200)).service).toBe('traffic')
})

test('a 4xx is an answer, though its client calls it an error; a 5xx is a failure, and so is what the app calls one', () => {
  expect(summaryOf(client([gateway(404)], 404)).error).toBe(false)
  expect(summaryOf(client([gateway(500, 'boom')], 500)).error).toBe(true)
  expect(summaryOf(client([gateway(400, 'bad JSON')], 400)).error).toBe(true)
  expect(summaryOf(client([], 404)).error).toBe(true)
})

/** Server-sent events for a second: nginx has its whole answer by then, the app's request was over after 30 ns of the 1,000. */
const streamed = (root: Partial<Sketch> = {}): Timeline =>
  timelineOf({
    outer: { at: [0, 1_000], kind: 'SERVER', service: 'edge', phase: 'proxy', ...root },
    wait: { parent: 'outer', at: [5, 45], service: 'edge', phase: 'proxy.wait' },
    rest: { parent: 'outer', at: [45, 1_000], service: 'edge', phase: 'proxy.respond' },
    app: { parent: 'outer', at: [10, 40], kind: 'SERVER', phase: 'gateway' },
    life: { parent: 'app', at: [40, 990], name: 'stream', attributes: { 'phaseline.stream': 'events' } },
  })

test('of a stream behind a proxy the list has the time to its first byte, and phases that add up to that', () => {
  const { durationNs, phases } = summarise(streamed())
  expect(durationNs).toBe(40n)
  expect(phases.has('proxy.respond')).toBe(false)
  expect([...phases.values()].reduce((sum, part) => sum + part, 0n)).toBe(40n)
  expect(phases.get('gateway')).toBe(30n)
})

test('what listens to a stream for a while, and is more than that, took all that time', () => {
  expect(summarise(streamed({ phase: 'view', kind: 'INTERNAL' })).durationNs).toBe(1_000n)
})

test('a stream in front of which there is nothing is no part of its request', () => {
  const timeline = timelineOf({
    app: { at: [0, 40], kind: 'SERVER', phase: 'gateway' },
    life: { parent: 'app', at: [40, 990], name: 'stream', attributes: { 'phaseline.stream': 'events' } },
  })
  expect(summarise(timeline)).toMatchObject({ durationNs: 40n, phases: new Map([['gateway', 40n]]) })
})
