import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClockBook } from '../../src/stitch/clock-book.ts'
import { majority } from '../../src/stitch/majority.ts'
import { stitch, stitchAmong } from '../../src/stitch/stitch.ts'
import { at, timelineOf, trace, type Sketch } from './spans.ts'

/** A client on host a, from 10 to 110, and what it called on host b. */
const called = (start: number, end: number, more: Partial<Sketch> = {}): Record<string, Sketch> => ({
  client: { at: [10, 110], kind: 'CLIENT', host: 'a' },
  server: { parent: 'client', at: [start, end], kind: 'SERVER', host: 'b', ...more },
})

const says = (low: number, high: number) => [{ from: 'a', to: 'b', low, high }]

/** Knows that b is 489 or 490 ahead. */
function book(): ClockBook {
  const made = new ClockBook({ windowMs: 1_000, pairs: 4 })
  made.learn(stitchAmong(trace(called(500, 599))).observed, 0)
  return made
}

describe('what a trace says', () => {
  test('is told once for each pair, the caller first, with when it began, if its calls agree', () => {
    const spans = trace({ ...called(500, 599), other: { parent: 'client', at: [505, 580], kind: 'SERVER', host: 'b' } })
    const later = spans.map((span) => ({ ...span, start: span.start + 5_000_000n, end: span.end + 5_000_000n }))
    expect(stitchAmong(later)).toMatchObject({ at: 5, observed: [{ from: 'a', to: 'b', low: 489, high: 490 }] })
    const early = trace({ ...called(500, 599), other: { parent: 'client', at: [460, 500], kind: 'SERVER', host: 'b' } })
    expect(stitchAmong(early).observed).toEqual([])
  })

  test('is nothing if the child outlives its parent, was not waited for, or has no other host', () => {
    expect(stitchAmong(trace(called(20, 170))).observed).toEqual([])
    expect(stitchAmong(trace(called(500, 550, { follows: 'client' }))).observed).toEqual([])
    expect(stitchAmong(trace(called(500, 550, { kind: 'CONSUMER' }))).observed).toEqual([])
    expect(stitchAmong(trace(called(500, 550, { host: 'a' }))).observed).toEqual([])
  })
})

describe('what other traces say', () => {
  test('narrows what a trace says by itself', () => {
    // By itself [390, 490], from elsewhere [489, 490].
    expect(timelineOf(called(500, 500)).clocks[0]).toMatchObject({ offsetNs: 440n })
    expect(stitch(trace(called(500, 500)), book()).clocks[0]).toMatchObject({ lowNs: 489n, highNs: 490n, offsetNs: 489n })
  })

  test('is a call among others: where they contradict each other, it is left to the lowest latency', () => {
    // By itself [-40, 10] and [489, 489].
    expect(stitch(trace(called(20, 70)), book()).clocks[0]).toMatchObject({ offsetNs: 489n, confidence: 'conflicting' })
    const wide = new ClockBook()
    wide.learn(says(200, 300), 0)
    expect(stitch(trace(called(20, 70)), wide).clocks[0]).toMatchObject({ offsetNs: 0n, lowNs: -40n, highNs: 10n })
  })

  test('keeps a server where it is that its client did not wait for', () => {
    const fits = new ClockBook()
    fits.learn(says(-2, 3), 0)
    const spans = trace(called(100, 190))
    expect(at(stitch(spans), 'server').start).toBe(15n)
    expect(at(stitch(spans, fits), 'server').start).toBe(100n)
  })

  test('changes nothing where it moves nothing', () => {
    const fits = new ClockBook()
    fits.learn(says(-2, 3), 0)
    const { timeline, used } = stitchAmong(trace(called(20, 70)), fits)
    expect(timeline.clocks).toEqual(timelineOf(called(20, 70)).clocks)
    expect(used).toEqual([])
  })

  test('places a host that no call of the trace leads to', () => {
    const spans = trace({
      root: { at: [10, 20], host: 'a' },
      other: { parent: 'root', at: [500, 505], kind: 'CONSUMER', host: 'b' },
    })
    expect(stitch(spans, book()).clocks[0]).toMatchObject({ offsetNs: 489n, pairs: 0, confidence: 'bounded' })
  })

  test('is told if it was used, and that is enough to stitch the same again', () => {
    const spans = trace({ ...called(500, 500), third: { parent: 'client', at: [700, 701], kind: 'CONSUMER', host: 'c' } })
    const known = book()
    known.learn([{ from: 'c', to: 'a', low: -650, high: -640 }], 0)
    const { timeline, used } = stitchAmong(spans, known)
    expect(used).toEqual([
      { from: 'a', to: 'b', low: 489, high: 490 },
      { from: 'a', to: 'c', low: 640, high: 650 },
    ])
    const just = { bound: (from: string, to: string) => used.find((one) => one.from === from && one.to === to) }
    expect(stitch(spans, just).clocks).toEqual(timeline.clocks)
    expect(at(stitch(spans, just), 'third').start).toBe(55n)
  })
})

describe('the book', () => {
  test('knows of a trace’s own window and the one before', () => {
    const known = book()
    expect(known.bound('a', 'b', 999)).toEqual({ low: 489, high: 490 })
    expect(known.bound('b', 'a', 1_999)).toEqual({ low: -490, high: -489 })
    expect(known.bound('a', 'b', 2_000)).toBeUndefined()
    expect(known.bound('a', 'b', -1)).toBeUndefined()
    known.learn(says(480, 489), 1_500)
    expect(known.bound('a', 'b', 1_500)).toEqual({ low: 489, high: 489 })
    known.learn([{ from: 'b', to: 'a', low: -110, high: -100 }], 2_500)
    expect(known.bound('a', 'b', 2_500)).toEqual({ low: 100, high: 110 })
    expect(known.bound('a', 'b', 500)).toEqual({ low: 489, high: 490 })
  })

  test('believes most of the calls with the lowest latency, whatever their order', () => {
    const calls = [says(0, 20), says(-5, 15), says(500, 501), says(10, 30), says(700, 900)]
    fc.assert(
      fc.property(fc.shuffledSubarray(calls, { minLength: calls.length }), (order) => {
        const known = new ClockBook()
        for (const call of order) known.learn(call, 0)
        expect(known.bound('a', 'b', 0)).toEqual({ low: 10, high: 15 })
        expect(known.known()).toEqual([{ from: 'a', to: 'b', low: 10, high: 15, traces: 5, conflict: true, at: 0 }])
      }),
    )
  })

  test('is not led astray by many slow calls', () => {
    const known = new ClockBook()
    for (let i = 0; i < 20; i++) known.learn(says(i % 2, 10), 0)
    for (let i = 0; i < 1_000; i++) known.learn(says(50 + i, 5_000 + 7 * i), 0)
    known.learn(says(3, 6), 0)
    expect(known.bound('a', 'b', 0)).toEqual({ low: 3, high: 6 })
  })

  test('sees that a clock was set when eight calls in a row agree with each other and not with it', () => {
    const known = new ClockBook()
    for (let i = 0; i < 20; i++) known.learn(says(470, 500 + i), 0)
    for (let i = 0; i < 7; i++) known.learn(says(-20 - i, 30 + i), 0)
    expect(known.bound('a', 'b', 0)).toEqual({ low: 470, high: 500 })
    known.learn(says(-25, 35), 0)
    expect(known.bound('a', 'b', 0)).toEqual({ low: -20, high: 30 })
  })

  test('tells a trace only what others said', () => {
    const known = new ClockBook()
    known.learn(says(1, 5), 0, 'one')
    known.learn(says(2, 5), 0, 'one')
    expect(known.bound('a', 'b', 0, 'one')).toBeUndefined()
    expect(known.bound('a', 'b', 0, 'two')).toEqual({ low: 2, high: 5 })
    known.learn(says(0, 4), 0, 'two')
    expect(known.bound('a', 'b', 0, 'one')).toEqual({ low: 2, high: 4 })
  })

  test('holds so many pairs, the latest', () => {
    const known = book()
    for (let i = 0; i < 10; i++) known.learn([{ from: 'x', to: `h${i}`, low: i, high: i }], 1)
    expect(known.bound('a', 'b', 1)).toBeUndefined()
    expect(known.bound('x', 'h5', 1)).toBeUndefined()
    expect(known.bound('x', 'h6', 1)).toEqual({ low: 6, high: 6 })
    expect(known.known()).toHaveLength(4)
  })
})

const bound = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(40)).map(([low, width]) => ({ low, high: low + width }))

test('a majority is in as many bounds as it says, and nothing is in more', () => {
  fc.assert(
    fc.property(fc.array(bound, { minLength: 1, maxLength: 20 }), (bounds) => {
      const { low, high, of } = majority(bounds)
      const holding = (value: number): number => bounds.filter((one) => one.low <= value && value <= one.high).length
      for (let value = low; value <= high; value++) expect(holding(value)).toBe(of)
      for (let value = -50; value <= 100; value++) expect(holding(value)).toBeLessThanOrEqual(of)
    }),
  )
})
