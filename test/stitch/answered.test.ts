import { describe, expect, test } from 'vitest'
import { OWN } from '../../src/model/attributes.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { at, timelineOf, type Sketch } from './spans.ts'

/** A page that a browser asked for, and a proxy and an app that answered: the browser heard of the app's span afterwards. */
const visit = (behind = 0, more: Record<string, Sketch> = {}): Record<string, Sketch> => ({
  page: { at: [100, 300], kind: 'CLIENT', host: 'phone', phase: 'client', attributes: { [OWN.answeredBy]: 'app' } },
  wait: { parent: 'page', at: [100, 190], host: 'phone', phase: 'client.wait' },
  proxy: { at: [200 + behind, 290 + behind], kind: 'SERVER', host: 'server' },
  app: { parent: 'proxy', at: [210 + behind, 280 + behind], kind: 'SERVER', host: 'server' },
  ...more,
})

const madeUp = (timeline: Timeline): boolean => at(timeline, timeline.root).source === null

describe('a page whose browser says which span answered it', () => {
  test('is above the uppermost span of that one’s request', () => {
    const timeline = timelineOf(visit())
    expect(timeline.root).toBe('page')
    expect(at(timeline, 'proxy')).toMatchObject({ parentSpanId: 'page', recordedParentSpanId: null })
    expect(timeline.spans.some(({ source }) => source === null)).toBe(false)
    expect(timeline.warnings.size).toBe(0)
  })

  test('is above a parent that never came, too', () => {
    const { proxy: _, ...others } = visit()
    const timeline = timelineOf(others)
    expect([timeline.root, at(timeline, 'proxy').parentSpanId, at(timeline, 'app').parentSpanId]).toEqual([
      'page',
      'page',
      'proxy',
    ])
  })

  test('waits for the answer: the path leads through the server', () => {
    expect(timelineOf(visit()).criticalPath.map(({ spanId }) => spanId)).toContain('app')
  })

  test('is put on the server’s clock, which many pages share', () => {
    const timeline = timelineOf(visit(86_400_000))
    expect(at(timeline, 'app').warnings).toEqual([])
    expect(at(timeline, 'page')).toMatchObject({ warnings: ['clock_skew'], rawStart: 100n })
    expect(timeline.clocks.map(({ host }) => host)).toEqual(['phone'])
  })

  test('is placed by when it had a connection: the server cannot have begun before', () => {
    // The server began between 190 and 300 - 90 by the page's clock.
    expect(timelineOf(visit(1_000)).clocks[0]).toMatchObject({ lowNs: -1_010n, highNs: -990n })
  })

  test('changes nothing where the span it names is not there', () => {
    const { app: _, ...others } = visit()
    expect(madeUp(timelineOf(others))).toBe(true)
  })

  test('changes nothing where it names itself, or another page that names it', () => {
    const pages = (first: string, second: string): Record<string, Sketch> => ({
      one: { at: [1, 9], kind: 'CLIENT', attributes: { [OWN.answeredBy]: first } },
      two: { at: [2, 8], kind: 'CLIENT', attributes: { [OWN.answeredBy]: second } },
    })
    for (const sketches of [pages('one', 'two'), pages('two', 'one')]) expect(madeUp(timelineOf(sketches))).toBe(true)
  })

  test('is one of two, the one that asked first has the answer', () => {
    const again: Sketch = { at: [150, 310], kind: 'CLIENT', host: 'phone', attributes: { [OWN.answeredBy]: 'app' } }
    const there = timelineOf(visit(0, { again }))
    const back = timelineOf(Object.fromEntries(Object.entries(visit(0, { again })).toReversed()))
    for (const timeline of [there, back]) expect(at(timeline, 'proxy').parentSpanId).toBe('page')
    expect(back.version).toBe(there.version)
  })

  test('is one of ten thousand that all say so, in a trace as deep: it takes no time', () => {
    const deep = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i): [string, Sketch] => [
        `deep ${i}`,
        { parent: i === 0 ? null : `deep ${i - 1}`, at: [i, 20_000] },
      ]),
    )
    const attributes = { [OWN.answeredBy]: 'deep 9999' }
    const pages = Array.from({ length: 10_000 }, (_, i): [string, Sketch] => [`page ${i}`, { at: [i, 30_000], attributes }])
    const timeline = timelineOf({ ...deep, ...Object.fromEntries(pages) })
    expect(at(timeline, 'deep 0').parentSpanId).toBe('page 0')
  })
})
