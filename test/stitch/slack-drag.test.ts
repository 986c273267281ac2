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

  test('ends at a sibling that runs beside as long as something waits for that', () => {
    const timeline = timelineOf({
      root: { at: [0, 200] },
      a: child(0, 100),
      w: child(100, 200),
      z: child(50, 120),
      y: child(120, 190),
    })
    expect(at(timeline, 'a').dragNs).toBe(10n)
  })

  test('is not held up by a moment that comes after it', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, a: child(10, 60), moment: child(60, 60) })
    expect(at(timeline, 'a').dragNs).toBe(50n)
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

  test('of one beside the path is no more than what waited for it can be late', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, long: child(0, 100), a: child(0, 20), b: child(25, 50) })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, long: 0, a: 50, b: 50 })
  })

  test('of one without duration at its parent’s end is its parent’s', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, long: child(0, 100), off: child(0, 60), last: child(60, 60, 'off') })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, long: 0, off: 40, last: 40 })
  })

  test('of one that nobody waits for reaches to the root’s end', () => {
    const timeline = timelineOf({ root: { at: [0, 100] }, a: { ...child(10, 20), follows: 'root' }, late: child(150, 160) })
    expect(figures(timeline, 'slackNs')).toEqual({ root: 0, a: 80, late: 0 })
  })
})

/** A span with those that it waits for, cut to it: what of the tree is needed to play its times again. */
interface Played {
  readonly id: string
  readonly start: number
  readonly end: number
  readonly children: Played[]
}

/** The small tree that these numbers make: each span's parent is one before it. */
function playedOf(shape: readonly (readonly [parent: number, start: number, length: number])[]): Played[] {
  const all: Played[] = [{ id: 'root', start: 0, end: 60, children: [] }]
  for (const [place, [parent, start, length]] of shape.entries()) {
    const under = all[parent % all.length] as Played
    const from = Math.min(under.start + start, under.end)
    const one = { id: `s${place}`, start: from, end: Math.min(from + length, under.end), children: [] }
    under.children.push(one)
    all.push(one)
  }
  return all
}

/**
 * How long a span takes if what is under it takes as long as before, but one takes no time, or longer: each child starts as long
 * after the last that had finished before it as it did, and the span ends as long after the last.
 */
function takes(span: Played, changed: Played, by: number | 'nothing'): number {
  if (span === changed && by === 'nothing') return 0
  const ends = new Map<Played, number>()
  const after = (before: readonly Played[], time: number): number =>
    Math.max(0, ...before.map((one) => ends.get(one) as number)) + time - Math.max(span.start, ...before.map(({ end }) => end))
  const children = span.children.toSorted((a, b) => a.start - b.start || a.end - b.end)
  for (const child of children) {
    const before = [...ends.keys()].filter(({ end }) => end <= child.start)
    ends.set(child, after(before, child.start) + takes(child, changed, by))
  }
  return after(children, span.end) + (span === changed && by !== 'nothing' ? by : 0)
}

describe('against the trace played again with one span changed', () => {
  const small = fc.nat({ max: 30 })
  const shapes = fc.array(fc.tuple(small, small, small), { minLength: 1, maxLength: 9 })

  test('drag is how much earlier the root ends, and slack the most that does not move its end', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const all = playedOf(shape)
        const [root, ...others] = all as [Played, ...Played[]]
        const sketches: Record<string, Sketch> = { root: { at: [0, 60] } }
        for (const under of all) for (const { id, start, end } of under.children) sketches[id] = child(start, end, under.id)
        const timeline = timelineOf(sketches)
        for (const one of others) {
          expect(Number(at(timeline, one.id).dragNs)).toBe(60 - takes(root, one, 'nothing'))
          let slack = 0
          while (takes(root, one, slack + 1) === 60) slack++
          expect(Number(at(timeline, one.id).slackNs)).toBe(slack)
        }
      }),
      { numRuns: 500 },
    )
  })
})
