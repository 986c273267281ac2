import { expect, test } from 'vitest'
import type { Resource, Span } from '../../src/model/span.ts'
import { Arrivals } from '../../src/query/arrivals.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { EPOCH, spansOf } from './bookshop.ts'

/** A call to a server whose clock is so many µs ahead. */
function skewed(number: number, ahead: number): Span[] {
  const spans = spansOf(
    {
      phase: 'client',
      name: 'GET',
      from: 0,
      to: 1000,
      inside: [{ phase: 'gateway', name: 'GET /', from: 100 + ahead, to: 900 + ahead }],
    },
    number,
  )
  const far: Resource = { service: 'shop', host: 'far', attributes: new Map() }
  return spans.map((span) => (span.kind === 'SERVER' ? { ...span, resource: far } : span))
}

const END_MS = Number(EPOCH / 1_000_000n) + 1

test('how late timelines are is told by the median and the worst of the last ones', () => {
  const arrivals = new Arrivals()
  expect(arrivals.lag()).toBeNull()
  for (const late of [100, 300, 5000]) arrivals.learn(stitch(skewed(1, 0)), END_MS + late)
  expect(arrivals.lag()).toEqual({ medianMs: 300, worstMs: 5000, of: 3 })
})
