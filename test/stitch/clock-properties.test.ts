import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { ClockBook } from '../../src/stitch/clock-book.ts'
import type { ClockBound } from '../../src/stitch/evidence.ts'
import type { ClockKnowledge } from '../../src/stitch/skew.ts'
import { stitch, stitchAmong } from '../../src/stitch/stitch.ts'
import { spans } from './bad-spans.ts'
import { span } from './spans.ts'

/** What may be known of the three hosts from elsewhere, right or wrong. */
const said = fc.array(
  fc
    .record({
      pair: fc.constantFrom(['a', 'b'], ['b', 'c'], ['a', 'c'], ['c', 'a']),
      low: fc.integer({ min: -200, max: 200 }),
      width: fc.nat(60),
    })
    .map(({ pair: [from = '', to = ''], low, width }): ClockBound => ({ from, to, low, high: low + width })),
  { maxLength: 6 },
)

function bookOf(bounds: readonly ClockBound[]): ClockBook {
  const book = new ClockBook()
  for (const bound of bounds) book.learn([bound], 0)
  return book
}

const only = (used: readonly ClockBound[]): ClockKnowledge => ({
  bound: (from, to) => used.find((one) => one.from === from && one.to === to),
})

function withoutDuplicates(timeline: Timeline): unknown {
  return JSON.parse(JSON.stringify(timelineJson(timeline)), (key, value: unknown) =>
    key === 'duplicate' ? undefined : key === 'warnings' && Array.isArray(value) ? value.filter((w) => w !== 'duplicate') : value,
  )
}

test('with a book, too, neither the order of arrival nor copies change anything', () => {
  const arrivals = spans.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list)),
  )
  fc.assert(
    fc.property(arrivals, said, ([list, shuffled, again], bounds) => {
      const book = bookOf(bounds)
      const timeline = stitch(list, book)
      expect(timelineJson(stitch(shuffled, book))).toEqual(timelineJson(timeline))
      expect(withoutDuplicates(stitch([...again, ...shuffled], book))).toEqual(withoutDuplicates(timeline))
    }),
    { numRuns: 300 },
  )
})

test('what was used of a book gives the same timeline again, and the version is the spans’ alone', () => {
  fc.assert(
    fc.property(spans, said, (list, bounds) => {
      const { timeline, used } = stitchAmong(list, bookOf(bounds))
      const again = stitchAmong(list.toReversed(), only(used))
      expect(timelineJson(again.timeline)).toEqual(timelineJson(timeline))
      expect(again.used).toHaveLength(used.length)
      expect(timeline.version).toBe(stitch(list).version)
    }),
    { numRuns: 300 },
  )
})

test('each host’s times move by one amount, durations stay, and without evidence nothing moves', () => {
  fc.assert(
    fc.property(spans, said, (list, bounds) => {
      for (const timeline of [stitch(list, bookOf(bounds)), stitch(list)]) {
        const offsets = new Map(timeline.clocks.map((clock) => [clock.host, clock]))
        for (const clock of timeline.clocks) {
          if (clock.confidence === 'none') expect(clock).toMatchObject({ offsetNs: 0n, pairs: 0 })
          else {
            expect(clock.lowNs === null || clock.lowNs <= clock.offsetNs).toBe(true)
            expect(clock.highNs === null || clock.offsetNs <= clock.highNs).toBe(true)
          }
        }
        for (const { host, source, start, end, rawStart, rawEnd, warnings } of timeline.spans) {
          const offset = offsets.get(host)?.offsetNs ?? 0n
          expect(warnings.includes('clock_skew')).toBe(source !== null && offset !== 0n)
          if (source === null || warnings.includes('in_flight') || rawEnd < rawStart || rawStart === 0n) continue
          expect([start, end]).toEqual([rawStart - offset, rawEnd - offset])
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a trace’s evidence is of calls between spans that are there, whose parents are as they were sent', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const { timeline, observed } = stitchAmong(list)
      for (const { from, to, low, high } of observed) {
        expect(low <= high).toBe(true)
        const calls = timeline.spans.filter(({ source, parentSpanId, recordedParentSpanId, warnings, host }) => {
          const parent = timeline.spans.find(({ spanId }) => spanId === parentSpanId)
          const hosts = new Set([host, parent?.host, from, to])
          const asSent =
            parentSpanId === recordedParentSpanId || warnings.includes('shared_id') || parent?.warnings.includes('shared_id')
          const mended = warnings.some((one) => ['cut_loop', 'self_parent', 'orphan', 'conflict'].includes(one))
          return source !== null && parent?.source !== null && asSent && !mended && hosts.size === 2 && host !== parent?.host
        })
        expect(calls.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 300 },
  )
})

/** A tree of calls: each node waits for its children, each a client's span here and a server's span there. */
const callTree = fc.array(
  fc.record({
    parent: fc.nat(),
    from: fc.nat(90),
    part: fc.integer({ min: 2, max: 95 }),
    skew: fc.integer({ min: -500_000, max: 500_000 }),
  }),
  { minLength: 1, maxLength: 12 },
)

test('calls between hosts whose clocks are wrong come out inside each other, as they were, in whatever rings the hosts call', () => {
  fc.assert(
    fc.property(callTree, fc.integer({ min: 2, max: 13 }), (calls, machines) => {
      const list: Span[] = [span('s0', { at: [1_000_000, 1_100_000], kind: 'SERVER', host: 'h0' })]
      const hosts = [{ from: 1_000_000, to: 1_100_000, skew: 0 }]
      calls.forEach(({ parent, from, part }, i) => {
        const skew = calls[((i + 1) % machines) - 1]?.skew ?? 0
        const above = hosts[parent % hosts.length] as (typeof hosts)[number]
        const room = above.to - above.from
        const start = above.from + Math.floor((room * from) / 100)
        const end = start + Math.floor(((above.to - start) * part) / 100)
        const inner = { from: start + Math.floor((end - start) / 4), to: end - Math.floor((end - start) / 8), skew }
        const place = parent % hosts.length
        hosts.push(inner)
        list.push(
          span(`c${i + 1}`, {
            parent: `s${place}`,
            at: [start + above.skew, end + above.skew],
            kind: 'CLIENT',
            host: `h${place % machines}`,
          }),
        )
        list.push(
          span(`s${i + 1}`, {
            parent: `c${i + 1}`,
            at: [inner.from + skew, inner.to + skew],
            kind: 'SERVER',
            host: `h${(i + 1) % machines}`,
          }),
        )
      })
      const timeline = stitch(list.toReversed())
      const known = new Map(timeline.spans.map((one) => [one.spanId, one]))
      for (const { spanId, parentSpanId, start, end } of timeline.spans) {
        const parent = known.get(parentSpanId ?? '')
        if (parent === undefined || parent.start === parent.end) continue
        expect([spanId, start >= parent.start, end <= parent.end]).toEqual([spanId, true, true])
      }
      expect(timeline.clocks.every(({ confidence }) => confidence !== 'conflicting')).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('with enough calls the book knows each clock, whatever a few calls say that nobody waited for', () => {
  const calls = fc.array(fc.record({ lead: fc.nat(50), rest: fc.nat(50), strange: fc.boolean() }), {
    minLength: 40,
    maxLength: 60,
  })
  fc.assert(
    fc.property(calls, fc.integer({ min: -100_000, max: 100_000 }), (list, skew) => {
      const book = new ClockBook()
      list.forEach(({ lead, rest, strange }, i) => {
        const late = strange && i % 5 === 0 ? 700 : 0
        const from = 500_000 + lead + skew + late
        const to = 501_000 - rest + skew + late - (late > 0 ? 300 : 0)
        const made = [
          span('c', { at: [500_000, 501_000], kind: 'CLIENT', host: 'a' }),
          span('s', { parent: 'c', at: [from, to], kind: 'SERVER', host: 'b' }),
        ]
        book.learn(stitchAmong(made, book).observed, 0)
      })
      const known = book.bound('a', 'b', 0)
      expect(known !== undefined && known.low <= skew && skew <= known.high).toBe(true)
    }),
    { numRuns: 100 },
  )
})
