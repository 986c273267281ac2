import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Timeline } from '../../src/model/timeline.ts'
import { timelineJson } from '../../src/query/timeline-json.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { spans } from './bad-spans.ts'
import { span } from './spans.ts'

/** Everything that a timeline says, but that copies were removed. */
function told(timeline: Timeline): unknown {
  const { warnings, ...rest } = timelineJson(timeline)
  const { duplicate: _, ...others } = warnings
  return {
    ...rest,
    warnings: others,
    spans: rest.spans.map((one) => ({ ...one, warnings: one.warnings.filter((w) => w !== 'duplicate') })),
  }
}

test('the order of arrival changes nothing', () => {
  fc.assert(
    fc.property(
      spans.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        expect(timelineJson(stitch(shuffled))).toEqual(timelineJson(stitch(list)))
      },
    ),
    { numRuns: 400 },
  )
})

test('what comes twice changes nothing but that it is said', () => {
  fc.assert(
    fc.property(
      spans.chain((list) => fc.tuple(fc.constant(list), fc.subarray(list))),
      ([list, again]) => {
        expect(told(stitch([...list, ...again]))).toEqual(told(stitch(list)))
      },
    ),
    { numRuns: 200 },
  )
})

test('every span is there once, under a parent that is there; the root is the only one without', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const timeline = stitch(list)
      const ids = timeline.spans.map(({ spanId }) => spanId)
      expect(new Set(ids).size).toBe(ids.length)
      for (const { spanId } of list) expect(ids).toContain(spanId)
      expect(timeline.spans.filter(({ parentSpanId }) => parentSpanId === null).map(({ spanId }) => spanId)).toEqual([
        timeline.root,
      ])
      const depths = new Map(timeline.spans.map(({ spanId, depth }) => [spanId, depth]))
      for (const { parentSpanId, depth } of timeline.spans) {
        if (parentSpanId !== null) expect(depth).toBe((depths.get(parentSpanId) ?? NaN) + 1)
      }
    }),
    { numRuns: 200 },
  )
})

test('the path covers the root’s time once, and phases and critical times add up to it', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const { start, end, durationNs, criticalPath, phases, spans: all } = stitch(list)
      let reached = start
      for (const section of criticalPath) {
        expect(section.start).toBe(reached)
        expect(section.end > section.start).toBe(true)
        reached = section.end
      }
      expect(durationNs === 0n || reached === end).toBe(true)
      expect(all.reduce((sum, { criticalNs }) => sum + criticalNs, 0n)).toBe(durationNs)
      expect([...phases.values()].reduce((sum, ns) => sum + ns, 0n)).toBe(durationNs)
    }),
    { numRuns: 200 },
  )
})

test('gaps and covered time make up each parent; on the path there is no slack, off it no drag', () => {
  fc.assert(
    fc.property(spans, (list) => {
      const timeline = stitch(list)
      const gaps = Map.groupBy(timeline.gaps, ({ parentSpanId }) => parentSpanId)
      for (const one of timeline.spans) {
        const gap = (gaps.get(one.spanId) ?? []).reduce((sum, { start, end }) => sum + end - start, 0n)
        expect(gap === 0n || gap === one.selfNs).toBe(true)
        expect(one.selfNs >= 0n && one.slackNs >= 0n && one.dragNs >= 0n).toBe(true)
        if (one.criticalNs > 0n) expect(one.slackNs).toBe(0n)
        if (one.slackNs > 0n) expect([one.dragNs, one.criticalNs]).toEqual([0n, 0n])
        expect(one.dragNs <= timeline.durationNs).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
})

test('the version tells sets of spans apart', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 100, max: 200 }), (list, id) => {
      const more = [...list, span(`${id}`, { at: [5, 6] })]
      expect(stitch(more).version).not.toBe(stitch(list).version)
    }),
  )
  const one = span('a', { at: [5, 6], attributes: { x: 'one' } })
  const versions = [
    one,
    { ...one, end: 7n },
    { ...one, name: 'b' },
    { ...one, status: 'error' as const },
    { ...one, attributes: new Map([['x', 'two']]) },
  ]
  expect(new Set(versions.map((each) => stitch([each]).version)).size).toBe(versions.length)
})
