import { expect, test } from 'vitest'
import { healthFamilies, type Health } from '../../src/alerts/health-metrics.ts'
import { expose } from '../../src/model/openmetrics.ts'

const HEALTH: Health = {
  spans: { accepted: 10, stored: 7, dropped: 1, refused: 4, pending: 2 },
  traces: 3,
  storage: { bytes: 4096 },
  forwarding: [{ url: 'http://jaeger:4318', sent: 5, dropped: 6, queued: 7 }],
  lag: { medianMs: 250, worstMs: 4_000 },
  hosts: [{ host: 'b', against: 'a', offsetNs: '-1500000000' }],
  agents: [
    { service: 'shop', host: 'a', pid: 7, spans: 100, exported: 80, dropped: 5, waiting: 15 },
    { service: 'shop', host: 'a', pid: null, spans: 1, exported: 1, dropped: 0, waiting: 0 },
  ],
}

const lines = (health: Health): string[] => expose(healthFamilies(health), 'text/plain').body.split('\n')

test('Prometheus is told of drops, queues, lag and clocks, of the collector and of each app’s process', () => {
  const said = lines(HEALTH)
  for (const line of [
    'phaseline_collector_spans_total{outcome="accepted"} 10',
    'phaseline_collector_spans_total{outcome="dropped"} 1',
    'phaseline_collector_pending_spans 2',
    'phaseline_collector_storage_bytes 4096',
    'phaseline_collector_forwarded_spans_total{target="http://jaeger:4318",outcome="dropped"} 6',
    'phaseline_collector_forward_queue_spans{target="http://jaeger:4318"} 7',
    'phaseline_collector_lag_seconds{figure="median"} 0.25',
    'phaseline_collector_lag_seconds{figure="worst"} 4',
    'phaseline_clock_offset_seconds{host="b",against="a"} -1.5',
    'phaseline_agent_spans_total{service="shop",host="a",pid="7",outcome="dropped"} 5',
    'phaseline_agent_spans_total{service="shop",host="a",outcome="exported"} 1',
    'phaseline_agent_queue_spans{service="shop",host="a",pid="7"} 15',
  ])
    expect(said).toContain(line)
})

test('no lag is told of as long as nothing has come', () => {
  expect(lines({ ...HEALTH, lag: null }).filter((line) => line.startsWith('phaseline_collector_lag_seconds'))).toEqual([])
})

test('a target that gets spans as they came and with corrected times is told of once', () => {
  const [one] = HEALTH.forwarding as [Health['forwarding'][number]]
  const said = lines({ ...HEALTH, forwarding: [one, { ...one, sent: 100 }] }).filter((line) => line.includes('jaeger'))
  expect(said).toEqual([
    'phaseline_collector_forwarded_spans_total{target="http://jaeger:4318",outcome="sent"} 105',
    'phaseline_collector_forwarded_spans_total{target="http://jaeger:4318",outcome="dropped"} 12',
    'phaseline_collector_forward_queue_spans{target="http://jaeger:4318"} 14',
  ])
})
