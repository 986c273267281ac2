import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { OWN } from '../../src/model/attributes.ts'
import * as names from '../../src/browser/names.ts'
import { senderTo, type Sender } from '../../src/browser/sender.ts'
import type { BrowserSpan } from '../../src/browser/span.ts'

const span = (name = 'GET'): BrowserSpan => ({ traceId: 't', spanId: 's', name, kind: 'CLIENT', start: 0, end: 1 })
interface Posted {
  url: string
  keepalive: boolean
  bytes: number
  spans: { name: string; startTimeUnixNano: string }[]
}

describe('what a page sends', () => {
  let posted: Posted[]
  let answer: () => Promise<Response>
  let sender: Sender

  beforeEach(() => {
    vi.useFakeTimers()
    posted = []
    answer = () => Promise.resolve(new Response('{}'))
    const fetch = ((url: string, { keepalive, body }: { keepalive: boolean; body: string }) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: [{ scopeSpans: [{ spans: Posted['spans'] }] }] }
      posted.push({ url, keepalive, bytes: body.length, spans: resourceSpans[0].scopeSpans[0].spans })
      return answer()
    }) as typeof globalThis.fetch
    sender = senderTo({ endpoint: 'http://otel.test/', resource: { 'service.name': 'page' }, headers: {} }, fetch)
  })
  afterEach(() => void vi.useRealTimers())

  test('waits a second for more of it', () => {
    sender.add([span('one')])
    vi.advanceTimersByTime(999)
    sender.add([span('two')])
    expect(posted).toEqual([])
    vi.advanceTimersByTime(1)
    expect(posted.map(({ url, spans }) => [url, spans.length])).toEqual([['http://otel.test/v1/traces', 2]])
  })

  test('goes in parts, of which a browser takes half of what it keeps for a page that is left', () => {
    for (let i = 0; i < 100; i++) sender.add([span('x'.repeat(1_000))])
    sender.flush()
    expect(posted.reduce((sum, { spans }) => sum + spans.length, 0)).toBe(100)
    expect(Math.max(...posted.map(({ bytes }) => bytes))).toBeLessThan(26_000)
    const kept = posted.filter(({ keepalive }) => keepalive)
    expect(kept.length).toBe(1)
    expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(32_000)
  })

  test('has room again once it has arrived', async () => {
    for (let i = 0; i < 3; i++) {
      sender.add([span('x'.repeat(20_000))])
      sender.flush()
      await vi.advanceTimersByTimeAsync(0)
    }
    expect(posted.map(({ keepalive }) => keepalive)).toEqual([true, true, true])
  })

  test('goes though one span alone is too much for the rest', () => {
    sender.add([span('x'.repeat(80_000)), span('small')])
    sender.flush()
    expect(posted.map(({ spans, keepalive }) => [spans.length, keepalive])).toEqual([
      [1, false],
      [1, true],
    ])
  })

  test.each([
    ['is away', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['refuses', () => Promise.resolve(new Response('', { status: 403 }))],
    [
      'throws',
      () => {
        throw new Error('no fetch')
      },
    ],
  ])('is sent ever more seldom to a collector that %s, and as before once it takes it', async (_, failing) => {
    const taking = answer
    answer = failing
    for (const wait of [1_000, 2_000, 4_000, 8_000]) {
      sender.add([span()])
      await vi.advanceTimersByTimeAsync(wait - 1)
      const before = posted.length
      await vi.advanceTimersByTimeAsync(1)
      expect([wait, posted.length]).toEqual([wait, before + 1])
    }
    answer = taking
    sender.add([span()])
    await vi.advanceTimersByTimeAsync(16_000)
    sender.add([span()])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(posted.length).toBe(6)
  })

  test('is what came last, where too much waits', () => {
    sender.add(Array.from({ length: 700 }, (_, place) => span(`${place}`)))
    sender.flush()
    const spans = posted.flatMap((each) => each.spans)
    expect([spans.length, spans[0]?.name]).toEqual([600, '100'])
  })

  test('is on the clock as it is now, after hours of sleep too', () => {
    const { now } = performance
    const real = vi.spyOn(Date, 'now').mockReturnValue(performance.timeOrigin + now.call(performance) + 3_600_000)
    sender.add([span()])
    real.mockRestore()
    sender.add([span()])
    sender.flush()
    const [asleep, awake] = (posted[0]?.spans ?? []).map(({ startTimeUnixNano }) => Number(startTimeUnixNano) / 1e6)
    expect(Math.round(((asleep ?? 0) - (awake ?? 0)) / 60_000)).toBe(60)
  })

  test('names its attributes as everybody does', () => {
    expect([names.PHASE, names.CANCELLED, names.ANSWERED_BY]).toEqual([OWN.phase, OWN.cancelled, OWN.answeredBy])
  })
})
