import { expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { span } from './spans.ts'

const NOW = 1_790_000_000_000_000_000n

function many(count: number, parent: (i: number) => number | null, times: (i: number) => [number, number]): Span[] {
  const one = span('', { at: [0, 0] })
  return Array.from({ length: count }, (_, i): Span => {
    const [start, end] = times(i)
    const above = parent(i)
    return {
      ...one,
      spanId: `${i}`,
      parentSpanId: above === null ? null : `${above}`,
      start: NOW + BigInt(start),
      end: NOW + BigInt(end),
    }
  })
}

function addsUp(spans: readonly Span[]): void {
  const timeline = stitch(spans)
  expect(timeline.spans).toHaveLength(spans.length)
  expect(timeline.spans.reduce((sum, { criticalNs }) => sum + criticalNs, 0n)).toBe(timeline.durationNs)
  expect([...timeline.phases.values()].reduce((sum, ns) => sum + ns, 0n)).toBe(timeline.durationNs)
}

test('a chain of 200,000 spans overflows no stack', () => {
  addsUp(
    many(
      200_000,
      (i) => (i === 0 ? null : i - 1),
      (i) => [i, 500_000 - i],
    ),
  )
})

test('a loop of 100,000 spans is cut once', () => {
  const timeline = stitch(
    many(
      100_000,
      (i) => (i + 99_999) % 100_000,
      (i) => [i, 500_000 - i],
    ),
  )
  expect(timeline.warnings.get('cut_loop')).toBe(1)
  expect(timeline.root).toBe('0')
})

// Quadratic work would be 10^10 steps here: these would not end within the limit of a test.
test.each<[string, (i: number) => [number, number]]>([
  ['one after the other', (i) => [10 * i, 10 * i + 5]],
  ['overlapping their neighbours', (i) => [10 * i, 10 * i + 35]],
  ['all at once', (i) => [i, 1_000_000 + i]],
  ['all inside the last', (i) => (i === 99_999 ? [5, 1_000_050] : [10 * i, 10 * i + 5])],
  ['long ones beside many short ones', (i) => (i % 2 === 0 ? [i, 500_000 + i] : [10 * i, 10 * i + 5])],
])('100,000 siblings %s', (_, times) => {
  addsUp(
    many(
      100_001,
      (i) => (i === 0 ? null : 0),
      (i) => (i === 0 ? [0, 2_000_000] : times(i - 1)),
    ),
  )
})

test('50,000 waits beside 50,000 servers', () => {
  const spans = many(
    100_001,
    (i) => (i === 0 ? null : 0),
    (i) => (i === 0 ? [0, 2_000_000] : [i, i + 10]),
  )
  const ttfb = new Map([['phaseline.phase', 'client.ttfb']])
  addsUp(spans.map((one, i) => (i === 0 ? one : i % 2 === 0 ? { ...one, attributes: ttfb } : { ...one, kind: 'SERVER' })))
})

test('50,000 copies of one id are one span', () => {
  const copies = many(
    50_000,
    () => null,
    (i) => [i, i + 10],
  )
  const event = (one: Span) => [{ time: one.start, name: 'begun', attributes: new Map() }]
  const timeline = stitch(copies.map((one) => ({ ...one, spanId: 'a', events: event(one) })))
  expect(timeline).toMatchObject({ durationNs: 50_009n })
  expect(timeline.spans[0]?.source?.events).toHaveLength(50_000)
})

test('50,000 servers under one id and their 50,000 children', () => {
  const spans = many(
    100_000,
    (i) => (i < 50_000 ? null : -1),
    (i) => [i, i + 10],
  )
  const timeline = stitch(
    spans.map((one, i): Span => {
      const resource = { ...one.resource, host: `host-${i % 50_000}` }
      if (i >= 50_000) return { ...one, resource }
      return { ...one, spanId: '-1', kind: i === 0 ? 'CLIENT' : 'SERVER', resource }
    }),
  )
  expect(timeline.warnings.get('shared_id')).toBe(50_000)
  expect(timeline.spans.filter(({ depth }) => depth === 2)).toHaveLength(49_999)
})

test('100,000 queries and model methods in each other are repeated by who is above them all', () => {
  const spans = many(
    100_000,
    (i) => (i === 0 ? null : i - 1),
    (i) => [i, 500_000 - i],
  )
  const layered = spans.map((one, i) => {
    const phase = i === 0 ? 'view' : i % 2 === 0 ? 'db' : 'model'
    return { ...one, attributes: new Map([['phaseline.phase', phase]]) }
  })
  expect(stitch(layered).warnings.get('n_plus_one')).toBe(49_999)
})
