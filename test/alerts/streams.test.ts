import { expect, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { timelineOf } from '../stitch/spans.ts'

const MS = 1_000_000

/** Server-sent events for ten seconds behind nginx; the app's own request was over after 30 ms. Inside the stream a call is made. */
const streamed = timelineOf({
  outer: { at: [0, 10_000 * MS], kind: 'SERVER', service: 'edge', phase: 'proxy', name: 'GET' },
  rest: { parent: 'outer', at: [40 * MS, 10_000 * MS], service: 'edge', phase: 'proxy.respond', name: 'proxy respond' },
  app: { parent: 'outer', at: [10 * MS, 40 * MS], kind: 'SERVER', phase: 'gateway', name: 'GET' },
  life: { parent: 'app', at: [40 * MS, 9_990 * MS], name: 'stream', attributes: { 'phaseline.stream': 'events' } },
  call: { parent: 'life', at: [100 * MS, 400 * MS], kind: 'CLIENT', phase: 'client', name: 'GET' },
})

test('a stream’s life is in no figure of those around it, nor in a series of its own; what is done inside it is', () => {
  const engine = new AlertEngine()
  engine.learn(streamed)
  const slowest = Object.fromEntries([...engine.series].map(({ subject, total }) => [subject.phase, Math.round(total.max * 1e3)]))
  expect(slowest).toEqual({ proxy: 10, 'proxy.respond': 0, gateway: 30, client: 300 })
  const spans = engine.spans.groups.map(({ service, kind, durations }) => [service, kind, Math.round(durations.max * 1e3)])
  expect(spans).toContainEqual(['edge', 'SERVER', 40])
  expect(spans).toContainEqual(['app', 'SERVER', 30])
})
