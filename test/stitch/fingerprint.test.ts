import { expect, test } from 'vitest'
import type { Span, Value } from '../../src/model/span.ts'
import { fingerprint, same } from '../../src/stitch/fingerprint.ts'
import { span } from './spans.ts'

const one: Span = span('a', { at: [0, 10] })
const map = (...pairs: [string, Value][]): ReadonlyMap<string, Value> => new Map(pairs)
const link = { traceId: 'b', spanId: 'c', attributes: map(), traceState: '', type: 'link' } as const
const event = { time: 5n, name: 'said', attributes: map(['to', 'nobody']) }

/** Each is another span than all the others. */
const SPANS: readonly Span[] = [
  one,
  { ...one, end: 11n },
  { ...one, parentSpanId: 'b' },
  { ...one, statusMessage: 'no' },
  { ...one, flags: one.flags + 1 },
  { ...one, shared: true },
  { ...one, droppedAttributes: 1 },
  ...[1, 1n, '1', true, null, NaN, [1], ['1'], { a: 1 }, { a: 1n }, new Uint8Array([1])].map((value: Value) => ({
    ...one,
    attributes: map(['key', value]),
  })),
  { ...one, attributes: map(['other', 1]) },
  { ...one, attributes: map(['key', 1], ['other', 1]) },
  { ...one, events: [event] },
  { ...one, events: [event, event] },
  { ...one, events: [{ ...event, attributes: map() }] },
  { ...one, links: [link] },
  { ...one, links: [{ ...link, type: 'follows_from' }] },
  { ...one, resource: { ...one.resource, host: 'elsewhere' } },
  { ...one, resource: { ...one.resource, attributes: map(['key', 1]) } },
  { ...one, scope: { ...one.scope, version: '2' } },
]

test('spans are the same where their fingerprints are', () => {
  for (const a of SPANS) for (const b of SPANS) expect([a, b, same(a, b)]).toEqual([a, b, fingerprint(a) === fingerprint(b)])
})

test('copies that were decoded apart are the same, whatever the order of their attributes', () => {
  for (const a of SPANS) {
    const attributes = new Map([...a.attributes].toReversed())
    expect(same({ ...structuredClone(a), attributes }, a)).toBe(true)
  }
})
