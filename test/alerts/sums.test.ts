import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Series } from '../../src/alerts/series.ts'
import { Sums } from '../../src/alerts/sums.ts'
import { SESSION } from './support.ts'

const NOW = Date.UTC(2026, 10, 21)
const WINDOW = 60_000

/** A series that was called at these times, in ms before now, each call as many ms long. */
function series(calls: readonly (readonly [ago: number, ms: number])[]): Series {
  const made = new Series(SESSION)
  for (const [ago, ms] of calls) {
    const at = NOW - ago
    made.observe({ selfSeconds: ms / 1_000, share: 0.1, error: false, traceId: `${ago}/${ms}`, at })
  }
  return made
}

test('the slowest of all series is found, wherever it is, and one that is usual', () => {
  const call = fc.tuple(fc.integer({ min: 0, max: WINDOW - 10_000 }), fc.integer({ min: 1, max: 5_000 }))
  fc.assert(
    fc.property(fc.array(fc.array(call, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 20 }), (all) => {
      const members = all.map(series)
      const greatest = Math.max(...all.flat().map(([, ms]) => ms))
      for (const sums of [new Sums(NOW), new Sums(NOW, (one, windowMs) => one.running(NOW, windowMs))]) {
        const { slowest, typical } = sums.exemplars(members, WINDOW)
        expect(slowest?.selfSeconds).toBe(greatest / 1_000)
        // Of those that were kept, as near to the median as any, but for what the histogram cannot tell apart.
        const median = sums.self(members, WINDOW).quantile(0.5)
        const kept = members.flatMap(({ slots }) => slots.map((slot) => slot.typical?.selfSeconds ?? Infinity))
        const nearest = Math.min(...kept.map((seconds) => Math.abs(seconds - median)))
        expect(Math.abs((typical?.selfSeconds ?? 0) - median)).toBeLessThanOrEqual(Math.max(nearest, 0.011 * median))
      }
    }),
  )
})

test('what is too old is no example', () => {
  const members = [series([[5 * WINDOW, 900]]), series([[1_000, 20]])]
  expect(new Sums(NOW).exemplars(members, WINDOW).slowest?.selfSeconds).toBe(0.02)
})
