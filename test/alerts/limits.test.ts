import { expect, test } from 'vitest'
import { SeriesBook } from '../../src/alerts/book.ts'
import { AlertEngine } from '../../src/alerts/engine.ts'
import { phaseFamilies } from '../../src/alerts/metrics.ts'
import { SpanMetrics } from '../../src/alerts/span-metrics.ts'
import type { Span } from '../../src/model/span.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { numbers, traceOf } from '../bench/traces.ts'
import { SESSION } from './support.ts'

const now = Date.now()

function spanOf(changes: (span: Span) => Partial<Span>): Span {
  const [span] = traceOf(numbers(1), 1, BigInt(now) * 1_000_000n) as [Span]
  return { ...span, ...changes(span) }
}

/** All labels of all that can be scraped. */
function labelsOf(engine: AlertEngine): string[] {
  const families = [...phaseFamilies(engine), ...engine.spans.families()]
  return families.flatMap(({ samples }) => [...samples].flatMap(({ labels }) => Object.values(labels).map(String)))
}

test('names of a megabyte are labels of 256 characters, with a mark where they were cut', () => {
  const long = (start: string): string => start + 'x'.repeat(2 ** 20)
  const engine = new AlertEngine()
  const texts = {
    'phaseline.phase': 'middleware.request',
    'phaseline.middleware.name': long('name'),
    'http.route': long('/route'),
  }
  const span = spanOf(({ resource }) => ({
    name: long('span'),
    attributes: new Map(Object.entries(texts)),
    resource: { ...resource, service: long('service') },
  }))
  engine.learn(stitch([span]))
  const labels = labelsOf(engine)
  expect(Math.max(...labels.map(({ length }) => length))).toBe(256)
  for (const start of ['span', 'service', 'name'])
    expect(labels).toContainEqual(expect.stringMatching(new RegExp(`^${start}x+…$`)))
})

test('what has the same label after it was cut is counted together', () => {
  const spans = new SpanMetrics()
  for (const end of ['a', 'b']) {
    const span = spanOf(() => ({ name: 'x'.repeat(1_000) + end }))
    spans.add(stitch([span]), [true], now)
  }
  expect(spans.groups.map(({ durations }) => durations.count)).toEqual([2])
})

test('a character is not cut in half', () => {
  const spans = new SpanMetrics()
  spans.add(stitch([spanOf(() => ({ name: '😀'.repeat(200) }))]), [true], now)
  expect(spans.groups[0]?.name.isWellFormed()).toBe(true)
})

test('series stay within their number, whether names or services are made up, and nothing goes uncounted', () => {
  const book = new SeriesBook(100)
  for (let i = 0; i < 1_000; i++)
    book.observe({ subject: { ...SESSION, service: `s${i}` }, selfSeconds: 1, share: 1, error: false, traceId: 't', at: 1e12 })
  expect(book.size).toBe(111)
  expect([...book].reduce((sum, { total }) => sum + total.count, 0)).toBe(1_000)
})

test('so do groups of spans', () => {
  const spans = new SpanMetrics(100)
  for (let i = 0; i < 1_000; i++) {
    const named = spanOf(({ resource }) => ({ name: `n${i}`, resource: { ...resource, service: `s${i % 500}` } }))
    spans.add(stitch([named]), [true], now)
  }
  expect(spans.groups.length).toBe(111)
  expect(spans.groups.reduce((sum, { durations }) => sum + durations.count, 0)).toBe(1_000)
})
