import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { phaseFamilies } from '../../src/alerts/metrics.ts'
import { expose, OPENMETRICS, PLAIN, type Family } from '../../src/model/openmetrics.ts'
import { Histogram } from '../../src/model/histogram.ts'
import { installed, missing } from '../tools.ts'
import { bench, rule } from '../alerts/support.ts'

const histogram = new Histogram()
for (const value of [0, 0.0001, 0.003, 0.004, 0.02, 30]) histogram.record(value)
const families: Family[] = [
  { name: 'a_errors', help: 'Errors.', type: 'counter', samples: [{ labels: { route: '/a "b"\\\n', empty: '' }, value: 3 }] },
  {
    name: 'a_seconds',
    help: 'Times.',
    type: 'histogram',
    unit: 'seconds',
    samples: [{ labels: { service: 'shop' }, histogram, exemplars: [{ traceId: 'abc', value: 0.02, at: 1_795_000_000_000 }] }],
  },
]

test('OpenMetrics has exemplars, units, and an end', () => {
  const { type, body } = expose(families, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5')
  expect(type).toBe(OPENMETRICS)
  expect(body).toContain('# TYPE a_errors counter\n')
  expect(body).toContain('a_errors_total{route="/a \\"b\\"\\\\\\n"} 3\n')
  expect(body).toContain('a_seconds_bucket{service="shop",le="0.03125"} 5 # {trace_id="abc"} 0.02 1795000000\n')
  expect(body).toContain('# UNIT a_seconds seconds\n')
  expect(body.endsWith('# EOF\n')).toBe(true)
})

test('who does not ask for OpenMetrics gets the plain format, without exemplars', () => {
  const { type, body } = expose(families, '*/*')
  expect(type).toBe(PLAIN)
  expect(body).toContain('# TYPE a_errors_total counter\n')
  expect(body).not.toContain('trace_id')
})

test('buckets count what is at most their bound, exactly', () => {
  const { body } = expose(families, '')
  const count = (le: string): number => Number(new RegExp(`le="${le}"} (\\d+)`).exec(body)?.[1])
  expect([count('0.00006103515625'), count('0.00390625'), count('0.0078125'), count('16'), count('\\+Inf')]).toEqual([
    1, 3, 4, 5, 6,
  ])
  expect(body).toContain('a_seconds_count{service="shop"} 6\n')
  expect(body).toContain('a_seconds_sum{service="shop"} 30.0271\n')
})

test.skipIf(missing('promtool'))('the real promtool finds nothing wrong with what the collector exposes', () => {
  const { engine, pass } = bench([rule()])
  pass(120, 200)
  const { body } = expose([...phaseFamilies(engine), ...engine.spans.families()], '')
  const { status, stdout, stderr } = spawnSync(installed('promtool') as string, ['check', 'metrics'], {
    input: body,
    encoding: 'utf8',
  })
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
})
