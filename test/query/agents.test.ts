import { expect, test } from 'vitest'
import type { MetricPoint } from '../../src/model/metric.ts'
import { Agents } from '../../src/query/agents.ts'
import type { StatusJson } from '../../src/query/wire/status.ts'
import { report } from './agent-report.ts'
import { served } from './fixture.ts'

test('each process says what its agent costs per request, and every span is exported, dropped or waits', () => {
  const agents = new Agents()
  agents.learn(report('shop', 7, 200, { spans: 2800, exported: 2000, dropped: 100, errors: 1 }, 0.002), 1000)
  agents.learn(report('shop', 7, 200, { spans: 2800, exported: 3300, dropped: 0, errors: 0 }, 0.006), 2000)
  expect(agents.list(2000)).toEqual([
    {
      service: 'shop',
      host: 'one',
      pid: 7,
      requests: 400,
      spansPerRequest: 14,
      perRequestNs: '20000',
      work: { encode: '20000' },
      spans: 5600,
      exported: 5300,
      dropped: 100,
      waiting: 200,
      errors: 1,
      at: '1970-01-01T00:00:02.000Z',
    },
  ])
})

test('what few requests cost is not said: only every 16th is measured', () => {
  const agents = new Agents()
  agents.learn(report('shop', 7, 319, { spans: 1 }, 1), 0)
  expect(agents.list(0)).toMatchObject([{ requests: 319, perRequestNs: null, work: {} }])
})

test('processes are apart, and one that is silent for a quarter of an hour is gone', () => {
  const agents = new Agents()
  agents.learn(report('shop', 7, 1, { spans: 1 }, 0), 0)
  agents.learn(report('shop', 8, 1, { spans: 1 }, 0), 14 * 60_000)
  expect(agents.list(14 * 60_000).map(({ pid }) => pid)).toEqual([7, 8])
  expect(agents.list(16 * 60_000).map(({ pid }) => pid)).toEqual([8])
})

test('metrics of others make no agent', () => {
  const agents = new Agents()
  agents.learn(report('shop', 7, 1, {}, 0).slice(0, 1), 0)
  expect(agents.list(0)).toEqual([])
})

test('the status tells of agents that the collector hears', async () => {
  let tell: (points: readonly MetricPoint[]) => void = () => {}
  const { url, close } = await served({ onMetrics: (listener) => ((tell = listener), () => {}) })
  tell(report('shop', 7, 1, { spans: 1 }, 0))
  const { agents } = (await (await fetch(`${url}/api/status`)).json()) as StatusJson
  expect(agents).toMatchObject([{ service: 'shop', pid: 7, requests: 1 }])
  await close()
})
