import { describe, expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { stitchAmong } from '../../src/stitch/stitch.ts'
import { at, timelineOf, trace, type Sketch } from './spans.ts'

/** A client on host a, from 10 to 110, and what it called on host b. */
const called = (start: number, end: number, more: Partial<Sketch> = {}): Record<string, Sketch> => ({
  client: { at: [10, 110], kind: 'CLIENT', host: 'a' },
  server: { parent: 'client', at: [start, end], kind: 'SERVER', host: 'b', ...more },
})

describe('one call between two hosts', () => {
  test('that fits as it is moves nothing', () => {
    const timeline = timelineOf(called(20, 70))
    expect(timeline.clocks).toEqual([{ host: 'b', offsetNs: 0n, lowNs: -40n, highNs: 10n, pairs: 1, confidence: 'bounded' }])
    expect(timeline.warnings.size).toBe(0)
  })

  test.each([
    ['too early', called(0, 50), 35n, -35n],
    ['too late', called(50, 120), 25n, 25n],
    ['wholly before', called(1, 9), 56n, -55n],
    ['wholly after', called(210, 260), 35n, 175n],
  ])('that is %s is moved to the middle of what is possible', (_, sketches, start, offset) => {
    const timeline = timelineOf(sketches)
    expect(timeline.clocks[0]).toMatchObject({ offsetNs: offset, confidence: 'bounded' })
    expect(at(timeline, 'server').start).toBe(start)
    expect(at(timeline, 'server').warnings).toContain('clock_skew')
    expect(at(timeline, 'server').rawStart).toBe(BigInt((sketches['server'] as Sketch).at[0]))
  })

  test('everything else on that host moves with it', () => {
    const timeline = timelineOf({ ...called(50, 120), below: { parent: 'server', at: [60, 80], host: 'b' } })
    expect(at(timeline, 'below')).toMatchObject({ start: 35n, end: 55n, rawStart: 60n, warnings: ['clock_skew'] })
  })

  test('whose server took longer than the client waited only says that it did not begin before the call', () => {
    expect(timelineOf(called(20, 170)).clocks[0]).toMatchObject({ offsetNs: 0n, lowNs: null, highNs: 10n })
    expect(at(timelineOf(called(1, 151)), 'server').start).toBe(10n)
  })

  test('a child that was outside only by its clock is on the critical path', () => {
    expect(at(timelineOf(called(210, 260)), 'server').criticalNs).toBe(50n)
  })
})

describe('no evidence, no change', () => {
  test.each<[string, Record<string, Sketch>]>([
    ['one host', { client: { at: [10, 110], host: 'a' }, server: { parent: 'client', at: [1, 50], host: 'a' } }],
    [
      'a message',
      {
        client: { at: [10, 20], kind: 'PRODUCER', host: 'a' },
        server: { parent: 'client', at: [5, 9], kind: 'CONSUMER', host: 'b' },
      },
    ],
    ['a span that follows from another', called(1, 50, { follows: 'client' })],
    [
      'a server that another server’s page led to',
      {
        client: { at: [10, 110], kind: 'SERVER', host: 'a' },
        server: { parent: 'client', at: [300, 350], kind: 'SERVER', host: 'b' },
      },
    ],
    [
      'a call that took no time',
      {
        client: { at: [10, 10], kind: 'CLIENT', host: 'a' },
        server: { parent: 'client', at: [90, 90], kind: 'SERVER', host: 'b' },
      },
    ],
    [
      'two services of which no host is known',
      { client: { at: [10, 110], service: 'a' }, server: { parent: 'client', at: [120, 150], service: 'b' } },
    ],
    [
      'a made-up parent',
      { root: { at: [10, 20], host: 'a' }, server: { parent: 'lost', at: [50, 60], kind: 'SERVER', host: 'b' } },
    ],
  ])('%s', (_, sketches) => {
    const timeline = timelineOf(sketches)
    expect(timeline.clocks.every(({ offsetNs }) => offsetNs === 0n)).toBe(true)
    expect(timeline.warnings.has('clock_skew')).toBe(false)
  })

  test.each<[string, Record<string, Sketch>]>([
    [
      'a span that is its own parent hangs under the root',
      { root: { at: [10, 110], host: 'a' }, own: { parent: 'own', at: [500, 550], kind: 'SERVER', host: 'b' } },
    ],
    [
      'a loop is cut and hangs under the root',
      {
        root: { at: [10, 110], kind: 'CLIENT', host: 'a' },
        one: { parent: 'two', at: [500, 550], kind: 'SERVER', host: 'b' },
        two: { parent: 'one', at: [510, 520], kind: 'CLIENT', host: 'b' },
      },
    ],
    [
      'a loop goes over two hosts: which of them named the wrong parent, nobody knows',
      {
        root: { at: [10, 110], kind: 'CLIENT', host: 'a' },
        one: { parent: 'two', at: [500, 550], kind: 'SERVER', host: 'b' },
        two: { parent: 'one', at: [900, 950], kind: 'CLIENT', host: 'a' },
      },
    ],
    [
      'an orphan hangs under a made-up span',
      {
        root: { at: [10, 110], kind: 'CLIENT', host: 'a' },
        orphan: { parent: 'lost', at: [500, 550], kind: 'SERVER', host: 'b' },
      },
    ],
    [
      'two roots hang under a made-up one',
      { root: { at: [10, 110], kind: 'CLIENT', host: 'a' }, other: { at: [500, 550], kind: 'SERVER', host: 'b' } },
    ],
  ])('where a parent was mended: %s', (_, sketches) => {
    const { timeline, observed } = stitchAmong(trace(sketches))
    expect(timeline.warnings.has('clock_skew')).toBe(false)
    expect(timeline.clocks.every(({ pairs }) => pairs === 0)).toBe(true)
    expect(observed).toEqual([])
  })

  test('what hangs under a member of a loop, and was not in it, is still evidence', () => {
    const timeline = timelineOf({
      one: { parent: 'two', at: [10, 110], host: 'a' },
      two: { parent: 'one', at: [20, 100], kind: 'CLIENT', host: 'a' },
      server: { parent: 'two', at: [500, 550], kind: 'SERVER', host: 'b' },
    })
    expect(timeline.clocks).toMatchObject([{ host: 'b', pairs: 1, lowNs: 450n, highNs: 480n }])
  })

  test('copies that contradict each other and were merged are none', () => {
    const spans = trace(called(500, 550))
    const copy = trace(called(500, 560))[1] as Span
    expect(stitchAmong([...spans, copy]).timeline.clocks).toMatchObject([{ host: 'b', offsetNs: 0n, pairs: 0 }])
  })

  test('copies that contradict each other, but not in when and where, are one call', () => {
    const spans = trace(called(500, 550))
    const copy = trace(called(500, 550, { name: 'another' }))[1] as Span
    expect(stitchAmong([...spans, copy]).timeline.clocks).toMatchObject([{ host: 'b', offsetNs: 465n, pairs: 1 }])
  })

  test('a host that no call leads to has a row that says so', () => {
    const timeline = timelineOf({ root: { at: [10, 20], host: 'a' }, other: { parent: 'lost', at: [12, 13], host: 'b' } })
    expect(timeline.clocks).toEqual([{ host: 'b', offsetNs: 0n, lowNs: null, highNs: null, pairs: 0, confidence: 'none' }])
  })

  test('known hosts are evidence without kinds', () => {
    const timeline = timelineOf({ root: { at: [10, 110], host: 'a' }, child: { parent: 'root', at: [1, 51], host: 'b' } })
    expect(at(timeline, 'child').start).toBe(35n)
  })
})

describe('several calls', () => {
  const calls = (...servers: [client: [number, number], server: [number, number]][]): Record<string, Sketch> => {
    const sketches: Record<string, Sketch> = { root: { at: [1, 10_000], host: 'a' } }
    servers.forEach(([client, server], place) => {
      sketches[`c${place}`] = { parent: 'root', at: client, kind: 'CLIENT', host: 'a' }
      sketches[`s${place}`] = { parent: `c${place}`, at: server, kind: 'SERVER', host: 'b' }
    })
    return sketches
  }

  test('between two hosts narrow each other', () => {
    const timeline = timelineOf(
      calls(
        [
          [100, 200],
          [540, 560],
        ],
        [
          [1000, 1100],
          [1490, 1520],
        ],
      ),
    )
    // [360, 440] and [420, 490]
    expect(timeline.clocks[0]).toMatchObject({ lowNs: 420n, highNs: 440n, offsetNs: 430n, pairs: 2, confidence: 'bounded' })
  })

  test('that contradict each other leave it to those with the lowest latency', () => {
    const timeline = timelineOf(
      calls(
        [
          [100, 200],
          [500, 590],
        ],
        [
          [1000, 1100],
          [1700, 1720],
        ],
        [
          [2000, 2100],
          [2380, 2475],
        ],
      ),
    )
    // [390, 400] and [375, 380] and [620, 700]
    expect(timeline.clocks[0]).toMatchObject({ lowNs: 375n, highNs: 380n, offsetNs: 377n, pairs: 3, confidence: 'conflicting' })
  })

  test('lead from host to host', () => {
    const timeline = timelineOf({
      ...called(1010, 1060),
      call: { parent: 'server', at: [1020, 1050], kind: 'CLIENT', host: 'b' },
      third: { parent: 'call', at: [30, 40], kind: 'SERVER', host: 'c' },
    })
    expect(timeline.clocks.map(({ host, offsetNs }) => [host, offsetNs])).toEqual([
      ['b', 975n],
      ['c', -25n],
    ])
    expect(at(timeline, 'call')).toMatchObject({ start: 45n, end: 75n })
    expect(at(timeline, 'third')).toMatchObject({ start: 55n, end: 65n })
  })

  test('among three hosts agree where each alone would put a host where the others cannot be', () => {
    // b is 10 to 110 ahead of a, and c 0 to 10; but c is 22 to 24 behind b.
    const timeline = timelineOf({
      root: { at: [0, 1000], kind: 'SERVER', host: 'a' },
      toB: { parent: 'root', at: [100, 300], kind: 'CLIENT', host: 'a' },
      inB: { parent: 'toB', at: [210, 310], kind: 'SERVER', host: 'b' },
      toC: { parent: 'root', at: [500, 600], kind: 'CLIENT', host: 'a' },
      inC: { parent: 'toC', at: [510, 600], kind: 'SERVER', host: 'c' },
      fromB: { parent: 'inB', at: [240, 260], kind: 'CLIENT', host: 'b' },
      alsoInC: { parent: 'fromB', at: [218, 236], kind: 'SERVER', host: 'c' },
    })
    expect(timeline.clocks).toMatchObject([
      { host: 'b', offsetNs: 28n, lowNs: 22n, highNs: 34n, pairs: 1, confidence: 'bounded' },
      { host: 'c', offsetNs: 5n, lowNs: 4n, highNs: 6n, pairs: 2, confidence: 'bounded' },
    ])
  })
})
