import { describe, expect, test } from 'vitest'
import { at, figures, path, timelineOf, type Sketch } from './spans.ts'

const root = (start: number, end: number): Sketch => ({ at: [start, end] })
const child = (start: number, end: number, parent = 'root'): Sketch => ({ parent, at: [start, end] })

describe('the walk backwards', () => {
  test('goes through children one after the other, and through the root between them', () => {
    const timeline = timelineOf({ root: root(1, 101), a: child(20, 40), b: child(50, 60) })
    expect(path(timeline)).toBe('root 1-20, a 20-40, root 40-50, b 50-60, root 60-101')
    expect(figures(timeline, 'criticalNs')).toEqual({ root: 70, a: 20, b: 10 })
  })

  test('takes the last child to finish; one that overlaps it was not waited for', () => {
    const timeline = timelineOf({ root: root(1, 101), a: child(10, 50), b: child(20, 60) })
    expect(path(timeline)).toBe('root 1-20, b 20-60, root 60-101')
  })

  test('takes both of two siblings where one ends when the other starts', () => {
    const timeline = timelineOf({ root: root(0, 100), a: child(10, 40), b: child(40, 80) })
    expect(path(timeline)).toBe('root 0-10, a 10-40, b 40-80, root 80-100')
  })

  test('goes into grandchildren', () => {
    const timeline = timelineOf({ root: root(0, 100), a: child(10, 60), b: child(20, 30, 'a') })
    expect(figures(timeline, 'criticalNs')).toEqual({ root: 50, a: 40, b: 10 })
  })

  test('of two that end together takes the one that started first', () => {
    const timeline = timelineOf({ root: root(0, 100), a: child(10, 90), b: child(80, 90) })
    expect(path(timeline)).toBe('root 0-10, a 10-90, root 90-100')
  })

  test('is not divided by a child without duration', () => {
    const timeline = timelineOf({ root: root(0, 100), moment: child(50, 50) })
    expect(path(timeline)).toBe('root 0-100')
  })
})

describe('an overlap below 1 % of the parent', () => {
  test('is taken as back-to-back; the time in it is the later sibling’s', () => {
    const timeline = timelineOf({ root: root(0, 1000), a: child(10, 210), b: child(209, 309), c: child(308, 608) })
    expect(figures(timeline, 'criticalNs')).toEqual({ root: 402, a: 199, b: 99, c: 300 })
  })

  test('is none at exactly 1 %', () => {
    const timeline = timelineOf({ root: root(0, 1000), a: child(10, 210), b: child(200, 309) })
    expect(figures(timeline, 'criticalNs')).toEqual({ root: 891, a: 0, b: 109 })
  })

  test.each([
    ['starts', child(205, 206)],
    ['ends', child(100, 205)],
    ['starts at its edge', child(208, 250)],
  ])('is none if something else %s in it', (_, other) => {
    const timeline = timelineOf({ root: root(0, 1000), a: child(10, 208), b: child(204, 309), other })
    expect(at(timeline, 'a').criticalNs).toBe(0n)
  })

  test('is measured by the whole parent where that is cut', () => {
    const timeline = timelineOf({ root: root(0, 300), p: child(100, 1100), a: child(100, 203, 'p'), b: child(200, 900, 'p') })
    expect(path(timeline)).toBe('root 0-100, a 100-200, b 200-300')
  })

  test('is none if the sibling lies inside the later one', () => {
    const timeline = timelineOf({ root: root(0, 1000), a: child(500, 505), b: child(500, 900) })
    expect(at(timeline, 'a').criticalNs).toBe(0n)
  })
})

describe('children that do not fit their parent', () => {
  test('one that outlives it is cut to it, for the path only', () => {
    const timeline = timelineOf({ root: root(1, 30), a: child(15, 35), b: child(20, 40, 'a') })
    expect(path(timeline)).toBe('root 1-15, a 15-20, b 20-30')
    expect(at(timeline, 'b').end).toBe(40n)
  })

  test('one that starts before it is cut too', () => {
    const timeline = timelineOf({ root: root(1, 30), a: child(15, 35), b: child(10, 25, 'a') })
    expect(path(timeline)).toBe('root 1-15, b 15-25, a 25-30')
  })

  test('one that surrounds it has all of its time', () => {
    expect(path(timelineOf({ root: root(10, 30), a: child(5, 35) }))).toBe('a 10-30')
  })

  test.each([
    ['after it', child(40, 80)],
    ['just after it', child(30, 80)],
    ['before it', child(0, 5)],
  ])('one wholly %s is left out, with all under it', (_, outside) => {
    const timeline = timelineOf({ root: root(6, 30), outside, below: child(6, 20, 'outside') })
    expect(path(timeline)).toBe('root 6-30')
  })
})

describe('what does not block', () => {
  test('a consumer under a producer is left out, with all under it', () => {
    const timeline = timelineOf({
      root: { at: [1, 31], kind: 'PRODUCER' },
      a: { ...child(10, 20), kind: 'CONSUMER' },
      b: child(12, 14, 'a'),
    })
    expect(path(timeline)).toBe('root 1-31')
    expect(figures(timeline, 'selfNs')).toEqual({ root: 30, a: 8, b: 2 })
  })

  test('a consumer under anything else blocks', () => {
    const timeline = timelineOf({ root: root(1, 31), a: { ...child(10, 20), kind: 'CONSUMER' } })
    expect(path(timeline)).toBe('root 1-10, a 10-20, root 20-31')
  })

  test('a span that follows from its parent is left out', () => {
    const timeline = timelineOf({ root: root(1, 31), a: { ...child(10, 20), follows: 'root' } })
    expect(path(timeline)).toBe('root 1-31')
    expect(timeline.gaps).toEqual([])
  })

  test('a span without a parent hangs under the one it follows from, and does not block it', () => {
    const timeline = timelineOf({ root: root(1, 31), a: { at: [10, 20], follows: 'root' } })
    expect(timeline.root).toBe('root')
    expect(at(timeline, 'a')).toMatchObject({ parentSpanId: 'root', recordedParentSpanId: null, criticalNs: 0n })
  })

  test('a link to somebody else than the parent changes nothing', () => {
    const timeline = timelineOf({ root: root(1, 31), a: child(2, 5), b: { ...child(10, 20), follows: 'a' } })
    expect(at(timeline, 'b').criticalNs).toBe(10n)
  })
})
