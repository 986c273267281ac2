import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { at, figures, timelineOf, type Sketch } from './spans.ts'

const child = (start: number, end: number, parent = 'root'): Sketch => ({ parent, at: [start, end] })

describe('drag: how much earlier the root would end without the span', () => {
  test('is the duration where nothing else holds the parent up', () => {
    const timeline = timelineOf({ root: { at: [0, 300] }, a: child(0, 200), b: child(0, 100, 'a') })
    expect(figures(timeline, 'dragNs')).toEqual({ root: 300, a: 200, b: 100 })
  })

  test('ends at the sibling that finished before', () => {
    const timeline = timelineOf({ root: { at: [0, 500] }, a: child(0, 400), b: child(0, 50) })
    expect(figures(timeline, 'dragNs')).toEqual({ root: 500, a: 350, b: 0 })
  })

  test('is nothing where another ends at the same time', () => {
    const timeline = timelineOf({ root: { at: [0, 500] }, a: child(0, 400), b: child(100, 400) })
    expect(figures(timeline, 'dragNs')).toEqual({ root: 500, a: 0, b: 0 })
  })

  test('ends at a sibling that runs beside and is needed soon after', () => {
    // Without a, w would run from 0 to 100; but z ends at 120 whatever a does.
    const timeline = timelineOf({ root: { at: [0, 200] }, a: child(0, 100), z: child(50, 120), w: child(100, 200) })
    expect(at(timeline, 'a').dragNs).toBe(80n)
  })

  test('is no more than what the parent’s own siblings leave', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, p: child(0, 100), q: child(0, 90), x: child(10, 90, 'p') })
    expect(figures(timeline, 'dragNs')).toEqual({ root: 100, p: 10, q: 0, x: 10 })
  })
})

describe('slack: how much later the span could end', () => {
  test('is nothing on the path, and up to the end of what was waited for beside it', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, a: child(0, 30), b: child(10, 80), c: child(80, 90) })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, a: 50, b: 0, c: 0 })
  })

  test('under a span off the path is its own and its parent’s', () => {
    const timeline = timelineOf({
      root: { at: [0, 100] },
      long: child(0, 90),
      off: child(5, 60),
      first: child(10, 30, 'off'),
      last: child(10, 50, 'off'),
    })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, long: 0, off: 30, first: 50, last: 30 })
  })

  test('of one that nobody waits for reaches to the root’s end', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, a: { ...child(10, 20), follows: 'root' }, late: child(150, 160) })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, a: 80, late: 0 })
  })
})

describe('against every sibling looked at in turn', () => {
  const siblings = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 12,
  })

  test('drag and slack of siblings are what their definitions say', () => {
    fc.assert(
      fc.property(siblings, (list) => {
        const sketches: Record<string, Sketch> = { root: { at: [0, 100] } }
        list.forEach(([start, length], i) => (sketches[`s${i}`] = child(start, start + length)))
        const { root: _, ...ones } = Object.fromEntries(timelineOf(sketches).spans.map((one) => [one.spanId, one]))
        const all = Object.values(ones).map(({ start, end, criticalNs, dragNs, slackNs }) => ({
          start: Number(start),
          end: Number(end),
          waited: criticalNs > 0n,
          drag: Number(dragNs),
          slack: Number(slackNs),
        }))
        for (const one of all) {
          const gate = Math.min(...all.filter((other) => other.waited && other.end >= one.end).map(({ end }) => end))
          expect(one.slack).toBe(one.waited ? 0 : gate - one.end)
          const others = all.filter((other) => other !== one)
          const before = Math.max(one.start, ...others.filter(({ end }) => end <= one.end).map(({ end }) => end))
          const beside = others.filter((other) => !other.waited && other.start < one.end && other.end > one.end)
          const room = Math.min(Infinity, ...beside.map(({ slack }) => slack))
          expect(one.drag).toBe(one.waited ? Math.min(one.end - before, room) : 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
