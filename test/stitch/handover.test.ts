import { expect, test } from 'vitest'
import { stitch } from '../../src/stitch/stitch.ts'
import { bookshop, spansOf } from '../query/bookshop.ts'

const timeline = stitch(spansOf(bookshop()))
const spanOf = (phase: string) => timeline.spans.find((span) => span.phase === phase)

test('the time that a client waits belongs to what the server did meanwhile; the wait keeps the network', () => {
  const { phases } = timeline
  expect(phases.get('db')).toBe(5_730_000n)
  expect(phases.get('render')).toBe(2_900_000n)
  expect(phases.get('middleware.request')).toBe(4_140_000n)
  // Before the proxy has it, and from the proxy's last word to the client's first.
  expect(phases.get('client.ttfb')).toBe(500_000n)
})

test('the breakdown still adds up to the nanosecond', () => {
  expect([...timeline.phases.values()].reduce((sum, ns) => sum + ns, 0n)).toBe(timeline.durationNs)
})

test('the critical path leads through the server, and still covers the whole time once', () => {
  const path = timeline.criticalPath.map(({ spanId }) => timeline.spans.find((span) => span.spanId === spanId)?.phase)
  expect(path).toContain('db')
  expect(path).toContain('view')
  expect(timeline.spans.reduce((sum, span) => sum + span.criticalNs, 0n)).toBe(timeline.durationNs)
  timeline.criticalPath.forEach(({ start }, at) => expect(start).toBe(timeline.criticalPath[at - 1]?.end ?? timeline.start))
})

test('who is whose parent does not change', () => {
  expect(spanOf('proxy')?.parentSpanId).toBe(spanOf('client')?.spanId)
  expect(spanOf('gateway')?.parentSpanId).toBe(spanOf('proxy')?.spanId)
  expect(spanOf('client.ttfb')?.selfNs).toBe(19_235_000n)
})

test('what began before the wait keeps all of its time: a queue in front of the app', () => {
  const root = {
    ...({ phase: 'proxy', name: 'GET', from: 0, to: 100 } as const),
    inside: [
      { phase: 'proxy.receive', name: 'proxy receive', from: 0, to: 10 },
      { phase: 'queue', name: 'queue', from: 10, to: 40 },
      { phase: 'proxy.wait', name: 'proxy wait', from: 20, to: 95 },
      { phase: 'gateway', name: 'GET /', from: 40, to: 90 },
    ] as const,
  }
  const found = stitch(spansOf(root))
  expect([...found.phases]).toEqual([
    ['proxy.receive', 10_000n],
    ['proxy.wait', 5000n],
    ['queue', 30_000n],
    ['gateway', 50_000n],
    ['gap', 5000n],
  ])
  for (const { spanId, start, end } of found.criticalPath) {
    const span = found.spans.find((each) => each.spanId === spanId)
    expect(span !== undefined && span.start <= start && end <= span.end).toBe(true)
  }
})
