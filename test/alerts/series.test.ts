import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { Histogram } from '../../src/model/histogram.ts'
import { KEPT_MS, Series } from '../../src/alerts/series.ts'
import { Seen } from '../../src/alerts/seen.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { numbers, traceOf } from '../bench/traces.ts'
import { SESSION } from './support.ts'

const START = Date.UTC(2026, 10, 21)
const CALL = { share: 0.5, error: false, traceId: 't' }

function merged(series: Series, now: number, windowMs: number): Histogram {
  const all = new Histogram()
  for (const slot of series.window(now, windowMs)) all.merge(slot.self)
  return all
}

test('a running window is what its slots come to, however they come, grow old and go', () => {
  const step = fc.record({
    pass: fc.integer({ min: 1, max: 90 }),
    lateBy: fc.integer({ min: 0, max: 400 }),
    ms: fc.integer({ min: 1, max: 500 }),
  })
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 120 }),
      fc.constantFrom(10_000, 70_000, 90_000, 300_000),
      (steps, windowMs) => {
        const series = new Series(SESSION)
        let now = START
        for (const { pass, lateBy, ms } of steps) {
          now += pass * 1_000
          series.observe({ ...CALL, selfSeconds: ms / 1_000, at: now - lateBy * 1_000 })
          const { sum, ...running } = series.running(now, windowMs).toData()
          const { sum: expected, ...slots } = merged(series, now, windowMs).toData()
          expect(running).toEqual(slots)
          expect(sum).toBeCloseTo(expected, 6)
          series.melt(now, false)
        }
      },
    ),
  )
})

test('nothing is lost between slots, minutes and the usual level', () => {
  const series = new Series(SESSION)
  for (let second = 0; second < 3_600; second++) {
    series.observe({ ...CALL, selfSeconds: 0.01, at: START + second * 1_000 })
    if (second % 10 === 0) series.melt(START + second * 1_000, false)
  }
  const now = START + 3_600_000
  const kept = merged(series, now, KEPT_MS * 2).count
  expect(kept + series.usual.count).toBeGreaterThan(3_560)
  expect(kept + series.usual.count).toBeLessThanOrEqual(3_600)
  expect(series.slots.length).toBeLessThan(30)
})

test('a later version of a timeline adds only its new spans', () => {
  const engine = new AlertEngine()
  const spans = traceOf(numbers(1), 30, BigInt(Date.now()) * 1_000_000n)
  engine.learn(stitch(spans.slice(0, 20)))
  engine.learn(stitch(spans))
  engine.learn(stitch(spans))
  expect([...engine.series].reduce((sum, series) => sum + series.total.count, 0)).toBe(30)
})

test('a snapshot of a span that has not ended does not count; its end does', () => {
  const engine = new AlertEngine()
  const [span] = traceOf(numbers(2), 1, BigInt(Date.now()) * 1_000_000n)
  if (span === undefined) throw new Error('no span')
  engine.learn(stitch([{ ...span, attributes: new Map([...span.attributes, ['phaseline.in_flight', true]]) }]))
  expect(engine.series.size).toBe(0)
  engine.learn(stitch([span]))
  expect([...engine.series].map((series) => series.total.count)).toEqual([1])
})

test('only so many spans are remembered, the oldest are forgotten first', () => {
  const seen = new Seen(30)
  const traces = [1, 2, 3].map((seed) => stitch(traceOf(numbers(seed), 20, 10n ** 18n)))
  const counts = [...traces, ...traces.toReversed()].map((trace) => seen.fresh(trace).filter(Boolean).length)
  expect(counts).toEqual([20, 20, 20, 0, 0, 20])
})

test('a clock that is ahead makes no slot in the future', () => {
  const engine = new AlertEngine({ now: () => START })
  engine.learn(stitch(traceOf(numbers(4), 12, BigInt(START + 3_600_000) * 1_000_000n)))
  const starts = [...engine.series].flatMap((series) => series.slots.map((slot) => slot.start))
  expect(Math.max(...starts)).toBeLessThanOrEqual(START)
})
