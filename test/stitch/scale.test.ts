import { expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import type { ClockKnowledge } from '../../src/stitch/skew.ts'
import { stitch, stitchAmong } from '../../src/stitch/stitch.ts'
import { at, figures, path, span, type Sketch } from './spans.ts'

const NOW = 1_790_000_000_000_000_001n
const YEAR = 31_536_000_000_000_000n
const LAST = 2n ** 63n - 1n

/** A span between two times, to the nanosecond. */
function timed(id: string, start: bigint, end: bigint, sketch: Omit<Sketch, 'at'> = {}): Span {
  return { ...span(id, { ...sketch, at: [0, 0] }), start, end }
}

test('one time in 2262 takes no nanosecond from the others', () => {
  const timeline = stitch([
    timed('root', NOW, NOW + 1001n),
    timed('child', NOW + 101n, NOW + 503n, { parent: 'root' }),
    timed('never', NOW + 700n, LAST, { parent: 'root' }),
  ])
  expect(figures(timeline, 'selfNs')).toMatchObject({ root: 298, child: 402 })
  expect(at(timeline, 'child')).toMatchObject({ start: NOW + 101n, end: NOW + 503n })
  expect(at(timeline, 'never')).toMatchObject({ start: NOW + 700n, end: LAST, selfNs: LAST - NOW - 700n, criticalNs: 301n })
  expect(path(timeline)).toBe(
    `root ${NOW}-${NOW + 101n}, child ${NOW + 101n}-${NOW + 503n}, root ${NOW + 503n}-${NOW + 700n}, never ${NOW + 700n}-${NOW + 1001n}`,
  )
})

test('a root that lasts until 2262 is divided to the nanosecond', () => {
  const timeline = stitch([
    timed('root', NOW, LAST, { phase: 'gateway' }),
    timed('early', NOW + 10n, NOW + 20n, { parent: 'root', phase: 'db' }),
    timed('late', LAST - 7n, LAST - 3n, { parent: 'root', phase: 'render' }),
    timed('between', NOW + 9n * YEAR, NOW + 9n * YEAR + 5n, { parent: 'root', phase: 'view' }),
  ])
  expect(timeline.durationNs).toBe(LAST - NOW)
  expect(Object.fromEntries(timeline.phases)).toEqual({ db: 10n, render: 4n, view: 5n, gap: LAST - NOW - 19n })
  expect(at(timeline, 'root')).toMatchObject({ selfNs: LAST - NOW - 19n, dragNs: LAST - NOW })
  expect(timeline.gaps.map(({ start, end }) => [start, end])).toEqual([
    [NOW, NOW + 10n],
    [NOW + 20n, NOW + 9n * YEAR],
    [NOW + 9n * YEAR + 5n, LAST - 7n],
    [LAST - 3n, LAST],
  ])
})

const called = (skew: bigint, unit = 1n): Span[] => [
  timed('client', NOW, NOW + 100n * unit, { kind: 'CLIENT', host: 'a' }),
  timed('server', NOW + 20n * unit + skew, NOW + 70n * unit + skew, { parent: 'client', kind: 'SERVER', host: 'b' }),
]

test.each([50n, 9n, -9n, -56n])('a clock that is wrong by %d years is corrected to the nanosecond', (years) => {
  const timeline = stitch(called(years * YEAR))
  const offset = years * YEAR - 5n
  expect(timeline.clocks).toMatchObject([{ offsetNs: offset, lowNs: offset - 25n, highNs: offset + 25n, confidence: 'bounded' }])
  expect(at(timeline, 'server')).toMatchObject({ start: NOW + 25n, end: NOW + 75n, criticalNs: 50n })
  expect(timeline.figures.start).toEqual(Float64Array.of(0, 25))
})

test('what others know of a clock that is years wrong is of use, too', () => {
  const spans = [
    timed('root', NOW, NOW + 100n, { host: 'a' }),
    timed('lost', NOW - 56n * YEAR, NOW - 56n * YEAR + 10n, { parent: 'nobody', host: 'b' }),
  ]
  const years = -Number(56n * YEAR)
  const known: ClockKnowledge = { bound: (_, to) => (to === 'b' ? { low: years - 8192, high: years + 8192 } : undefined) }
  const { timeline, used } = stitchAmong(spans, known)
  const { start, end } = at(timeline, 'lost')
  expect([start > NOW - 5_000n, start < NOW + 5_000n, end - start]).toEqual([true, true, 10n])
  expect(stitchAmong(spans, { bound: () => used[0] }).timeline.clocks).toEqual(timeline.clocks)
  // It says nothing of a clock that is not wrong like that.
  expect(stitch(spans, { bound: () => ({ low: 5e16, high: 6e16 }) }).warnings.has('clock_skew')).toBe(false)
})

test('what cannot be counted so is counted in microseconds', () => {
  const near = (time: bigint, other: bigint): boolean => time - other < 60_000n && other - time < 60_000n
  // The clock of b is nine years ahead, and one of its spans ends in 2262: that is nine years before.
  const ahead = [...called(9n * YEAR, 10_000n), timed('open', NOW + 30n + 9n * YEAR, LAST, { parent: 'server', host: 'b' })]
  expect(near(at(stitch(ahead), 'open').end, LAST - 9n * YEAR)).toBe(true)
  const scattered = Array.from({ length: 9 }, (_, i) => {
    const start = NOW + BigInt(i) * YEAR
    return timed(`${i}`, start, start + 9000n, i === 0 ? {} : { parent: '0' })
  })
  for (const one of stitch(scattered).spans) expect(near(one.start, one.rawStart)).toBe(true)
})
