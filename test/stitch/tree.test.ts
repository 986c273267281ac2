import { describe, expect, test } from 'vitest'
import type { Span } from '../../src/model/span.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { at, span, timelineOf, trace, tree } from './spans.ts'

const warnings = (timeline: ReturnType<typeof timelineOf>) => Object.fromEntries(timeline.warnings)

describe('parents that are not there', () => {
  test('an orphan hangs under a made-up span with the missing id, under the one root', () => {
    const timeline = timelineOf({
      root: { at: [0, 100] },
      a: { parent: 'lost', at: [10, 20] },
      b: { parent: 'lost', at: [30, 50] },
    })
    expect(tree(timeline)).toBe('root(lost(a b))')
    expect(at(timeline, 'lost')).toMatchObject({ source: null, start: 10n, end: 50n, rawStart: 10n, recordedParentSpanId: null })
    expect(at(timeline, 'a').warnings).toEqual(['orphan'])
    expect(warnings(timeline)).toEqual({ orphan: 2, zero_start: 1 })
  })

  test('where no root came, the one missing parent is the root', () => {
    const timeline = timelineOf({ a: { parent: 'lost', at: [10, 20] }, b: { parent: 'lost', at: [15, 40] } })
    expect(timeline.root).toBe('lost')
    expect(timeline.durationNs).toBe(30n)
  })

  test('several missing parents and no root have a made-up root above them', () => {
    const timeline = timelineOf({ a: { parent: 'x', at: [10, 20] }, b: { parent: 'y', at: [15, 40] } })
    expect(timeline.spans.map(({ depth, source }) => [depth, source?.spanId ?? null])).toEqual([
      [0, null],
      [1, null],
      [2, 'a'],
      [1, null],
      [2, 'b'],
    ])
  })

  test('several roots have a made-up one, from the first start to the last end', () => {
    const timeline = timelineOf({ a: { at: [10, 20] }, b: { at: [40, 60] } })
    expect(timeline.spans).toHaveLength(3)
    expect(timeline).toMatchObject({ start: 10n, end: 60n })
    expect(at(timeline, timeline.root)).toMatchObject({ source: null, selfNs: 20n })
    expect(timeline.phases.get('gap')).toBe(20n)
  })
})

describe('parents that cannot be', () => {
  test('a span that is its own parent is the root', () => {
    const timeline = timelineOf({ a: { parent: 'a', at: [10, 20] }, b: { parent: 'a', at: [12, 15] } })
    expect(at(timeline, 'a')).toMatchObject({ parentSpanId: null, recordedParentSpanId: 'a', warnings: ['self_parent'] })
    expect(tree(timeline)).toBe('a(b)')
  })

  test('a loop is cut at the span that starts first, and keeps what hangs on it', () => {
    const timeline = timelineOf({
      c: { parent: 'b', at: [14, 18] },
      a: { parent: 'c', at: [10, 20] },
      b: { parent: 'a', at: [12, 19] },
      d: { parent: 'c', at: [15, 16] },
    })
    expect(tree(timeline)).toBe('a(b(c(d)))')
    expect(warnings(timeline)).toEqual({ cut_loop: 1 })
  })

  test('whether a consumer that was in a loop blocks, is a matter of whose child it has become', () => {
    const loop = {
      p: { parent: 'c', at: [20, 30], kind: 'PRODUCER' },
      c: { parent: 'p', at: [10, 40], kind: 'CONSUMER' },
    } as const
    const called = timelineOf({ root: { at: [0, 100], kind: 'SERVER' }, ...loop })
    expect(tree(called)).toBe('root(c(p))')
    expect(at(called, 'root').selfNs).toBe(70n)
    const sent = timelineOf({ root: { at: [0, 100], kind: 'PRODUCER' }, ...loop })
    expect(at(sent, 'root').selfNs).toBe(100n)
  })

  test('two loops beside a root are both cut and hang under it', () => {
    const timeline = timelineOf({
      root: { at: [1, 100] },
      a: { parent: 'b', at: [10, 20] },
      b: { parent: 'a', at: [12, 19] },
      c: { parent: 'd', at: [30, 40] },
      d: { parent: 'c', at: [32, 39] },
    })
    expect(tree(timeline)).toBe('root(a(b) c(d))')
    expect(warnings(timeline)).toEqual({ cut_loop: 2 })
  })
})

describe('one id, several copies', () => {
  const root = span('root', { at: [1, 100] })

  test('an exact copy is removed and said, whatever the order of its attributes', () => {
    const first = {
      ...span('a', { parent: 'root', at: [10, 20] }),
      attributes: new Map([
        ['x', 1],
        ['y', 2],
      ]),
    }
    const again = {
      ...first,
      attributes: new Map([
        ['y', 2],
        ['x', 1],
      ]),
    }
    const timeline = stitch([root, first, again])
    expect(tree(timeline)).toBe('root(a)')
    expect(warnings(timeline)).toEqual({ duplicate: 1 })
  })

  test('copies that differ are one, from the first start to the last end, with all attributes and the worst status', () => {
    const one = span('a', { parent: 'root', at: [10, 20], attributes: { x: 1 } })
    const other = span('a', { parent: 'root', at: [12, 30], attributes: { y: 2 }, status: 'error' })
    const timeline = stitch([root, one, other])
    expect(at(timeline, 'a')).toMatchObject({ rawStart: 10n, rawEnd: 30n, error: true, warnings: ['conflict'] })
    expect(at(timeline, 'a').source?.attributes).toEqual(
      new Map([
        ['x', 1],
        ['y', 2],
      ]),
    )
  })

  test('a snapshot gives way to the finished span, and says nothing', () => {
    const snapshot = span('a', { parent: 'root', at: [10, 15], inFlight: true })
    const finished = span('a', { parent: 'root', at: [10, 40] })
    const timeline = stitch([root, snapshot, finished])
    expect(at(timeline, 'a')).toMatchObject({ end: 40n, warnings: [] })
    expect(timeline.version).toBe(stitch([finished, root]).version)
  })

  test('of two snapshots the later one stays, in flight', () => {
    const early = span('a', { parent: 'root', at: [10, 15], inFlight: true })
    const late = span('a', { parent: 'root', at: [10, 25], inFlight: true })
    const timeline = stitch([root, late, early])
    expect(at(timeline, 'a')).toMatchObject({ end: 25n, warnings: ['in_flight'] })
  })

  test('of snapshots of one time the fullest stays, else one of them, whatever their order', () => {
    const plain = ['x', 'y', 'z'].map((name) => span('a', { parent: 'root', at: [10, 25], inFlight: true, name }))
    const full = span('a', { parent: 'root', at: [10, 25], inFlight: true, name: 'full', attributes: { x: 1 } })
    const orders = (...spans: Span[]): string[] =>
      [spans, spans.toReversed()].map((list) => at(stitch([root, ...list]), 'a').name)
    expect(orders(...plain, full)).toEqual(['full', 'full'])
    const [first, second] = orders(...plain)
    expect(first).toBe(second)
  })

  test('a snapshot that does not say until when reaches to the latest time of the trace', () => {
    const timeline = stitch([span('open', { at: [10, 0], inFlight: true }), span('a', { parent: 'open', at: [20, 70] })])
    expect(at(timeline, 'open')).toMatchObject({ end: 70n, rawEnd: 0n, warnings: ['in_flight'] })
  })

  test('a client and a server under one id are two spans, the server under the client', () => {
    const timeline = stitch(
      trace({ root: { at: [1, 100] }, call: { parent: 'root', at: [10, 60], kind: 'CLIENT', service: 'front' } }).concat(
        span('call', { parent: 'root', at: [20, 50], kind: 'SERVER', service: 'back' }),
        span('below', { parent: 'call', at: [30, 40], service: 'back' }),
        span('beside', { parent: 'call', at: [12, 14], service: 'front' }),
      ),
    )
    const client = at(timeline, 'call')
    const server = timeline.spans.find(({ kind }) => kind === 'SERVER')
    expect(server).toMatchObject({ parentSpanId: 'call', recordedParentSpanId: 'root', warnings: ['shared_id'] })
    expect(server?.spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(client.warnings).toEqual(['shared_id'])
    expect(at(timeline, 'below').parentSpanId).toBe(server?.spanId)
    expect(at(timeline, 'beside').parentSpanId).toBe('call')
  })

  test('an exact copy of a client or a server under one id is said of that one', () => {
    const client = span('call', { at: [10, 60], kind: 'CLIENT', service: 'front' })
    const server = span('call', { at: [20, 50], kind: 'SERVER', service: 'back' })
    expect(warnings(stitch([client, server, client]))).toEqual({ duplicate: 1, shared_id: 2 })
    expect(at(stitch([client, server, client]), 'call').warnings).toEqual(['duplicate', 'shared_id'])
    expect(at(stitch([client, server, server]), 'call').warnings).toEqual(['shared_id'])
  })

  test('a child of a third service is the server’s, and the client’s where that does not say its service', () => {
    const parents = ['front', 'unknown_service'].map((service) => {
      const timeline = stitch([
        span('call', { at: [10, 60], service }),
        span('call', { at: [15, 50], service: 'back', shared: true }),
        span('below', { parent: 'call', at: [30, 40], service: 'third' }),
      ])
      return timeline.spans.find(({ spanId }) => spanId === at(timeline, 'below').parentSpanId)?.service
    })
    expect(parents).toEqual(['back', 'unknown_service'])
  })

  test('the servers of a call that was tried twice are two spans', () => {
    const timeline = stitch([
      span('call', { at: [10, 60], kind: 'CLIENT', service: 'front' }),
      span('call', { at: [15, 20], kind: 'SERVER', service: 'back', host: '10.0.0.1', shared: true }),
      span('call', { at: [25, 55], kind: 'SERVER', service: 'back', host: '10.0.0.2', shared: true }),
      span('below', { parent: 'call', at: [30, 40], service: 'back', host: '10.0.0.2' }),
    ])
    const servers = timeline.spans.filter(({ kind }) => kind === 'SERVER')
    expect(servers.map(({ parentSpanId, host }) => [parentSpanId, host])).toEqual([
      ['call', '10.0.0.1'],
      ['call', '10.0.0.2'],
    ])
    expect(at(timeline, 'below').parentSpanId).toBe(servers[1]?.spanId)
  })
})

describe('times that cannot be', () => {
  const NOW = 1_790_000_000_000_000_000

  test('a span that ends before it starts has no duration; its raw times stay', () => {
    const timeline = timelineOf({ root: { at: [10, 100] }, a: { parent: 'root', at: [50, 40] } })
    expect(at(timeline, 'a')).toMatchObject({ start: 50n, end: 50n, rawEnd: 40n, selfNs: 0n, warnings: ['end_before_start'] })
  })

  test('a span that never said when it was stands at its parent’s start', () => {
    const timeline = timelineOf({ root: { at: [NOW, NOW + 4096] }, a: { parent: 'root', at: [0, 0] } })
    expect(at(timeline, 'a')).toMatchObject({ start: BigInt(NOW), end: BigInt(NOW), rawStart: 0n, warnings: ['zero_start'] })
  })

  test('one that says only when it ended is that moment, not the time since 1970', () => {
    const timeline = timelineOf({ root: { at: [0, NOW] } })
    expect(timeline).toMatchObject({ start: BigInt(NOW), durationNs: 0n })
  })

  test('a root without times covers its children', () => {
    const timeline = timelineOf({ root: { at: [0, 0] }, a: { parent: 'root', at: [NOW, NOW + 4096] } })
    expect(timeline).toMatchObject({ root: 'root', start: BigInt(NOW), durationNs: 4096n })
  })

  test('a trace over centuries still adds up', () => {
    const timeline = stitch([
      { ...span('root', { at: [NOW, NOW] }), end: 2n ** 64n - 1n },
      { ...span('a', { parent: 'root', at: [NOW, NOW] }), end: 2n ** 63n },
    ])
    expect(timeline.spans.reduce((sum, { criticalNs }) => sum + criticalNs, 0n)).toBe(timeline.durationNs)
    expect(at(timeline, 'root').rawEnd).toBe(2n ** 64n - 1n)
  })
})

test('siblings are in the order of their start, then the longer first, then by id', () => {
  const timeline = timelineOf({
    root: { at: [1, 100] },
    d: { parent: 'root', at: [20, 30] },
    c: { parent: 'root', at: [10, 20] },
    b: { parent: 'root', at: [10, 30] },
    a: { parent: 'root', at: [20, 30] },
  })
  expect(tree(timeline)).toBe('root(b c a d)')
})

test('a timeline of no spans is an error that says so', () => {
  expect(() => stitch([])).toThrow('at least one span')
})
