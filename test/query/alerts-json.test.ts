import { expect, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { DEFAULT_CONFIG } from '../../src/alerts/config.ts'
import { parseRules } from '../../src/alerts/rule.ts'
import { alertsJson } from '../../src/query/alerts-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { bookshop, spansOf } from './bookshop.ts'

const START = 1_795_000_000_000

/** An engine whose clock is at `seconds`, that saw one request each second, `slow` µs slower in the session middleware from the 60th on. */
function engineAt(seconds: number, slow: number): AlertEngine {
  const rules = parseRules([
    {
      name: 'Slow',
      where: { name: 'SessionMiddleware', hook: 'process_request' },
      figure: 'p95',
      above: 50,
      window: '10s',
      for: '10m',
      minCount: 2,
    },
  ])
  const engine = new AlertEngine({ config: { ...DEFAULT_CONFIG, rules: rules.rules }, now: () => START + seconds * 1000 })
  for (let at = 0; at < seconds; at++)
    engine.learn(stitch(spansOf(bookshop(at < 60 ? 0 : slow), at + 1, BigInt(START + at * 1000) * 1_000_000n)))
  engine.tick()
  return engine
}

test('an alert carries its figure over time: below the threshold, then above it', () => {
  const [alert] = alertsJson(engineAt(120, 90_000), START + 120_000).alerts
  expect(alert?.state).toBe('pending')
  const { values = [], from = '', stepMs = 0 } = alert?.readings ?? {}
  expect([values.length, stepMs]).toEqual([61, 10_000])
  expect(Date.parse(from) + 60 * stepMs).toBe(START + 129_999)
  const known = values.filter((value) => value !== null)
  expect(known.slice(0, 5).every((value) => value < 3)).toBe(true)
  expect(known.slice(-5).every((value) => value > 85)).toBe(true)
  expect(values[0]).toBeNull()
})

test('nothing slow is no alert, and the rules are told in words', () => {
  const told = alertsJson(engineAt(120, 0), START + 120_000)
  expect(told.alerts).toEqual([])
  expect(told.rules).toMatchObject([
    {
      forMs: 600_000,
      where: { name: 'SessionMiddleware', hook: 'process_request' },
      words:
        '1 call in 20 of SessionMiddleware process_request takes longer than 50 ms of its own time (p95), over the last 10 s. Fires when that lasts for 10 min; fewer than 2 calls say nothing.',
    },
  ])
})
