import { describe, expect, test } from 'vitest'
import { spansOfLine } from '../../src/formats/proxy-log.ts'
import type { Span } from '../../src/model/span.ts'

/** A request of 100 ms that was forwarded at once, as nginx logs it; the beginning is at 1,000 s. */
const REQUEST = {
  phaseline: '1',
  trace: 'a'.repeat(32),
  span: 'b'.repeat(16),
  parent: '',
  flags: '01',
  end: '1000.100',
  duration: '0.100',
  forwarded: '1000.000',
  method: 'GET',
  path: '/books',
  protocol: 'HTTP/1.1',
  status: '200',
  bytes: '12',
  cache: '',
  upstream: '127.0.0.1:3000',
  upstream_status: '200',
  upstream_connect: '0.010',
  upstream_header: '0.060',
  upstream_response: '0.090',
}

const line = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify({ ...REQUEST, ...changes })
const spans = (changes?: Readonly<Record<string, unknown>>): Span[] => spansOfLine(line(changes)) ?? expect.fail('no line')

/** Each with its interval in ms from 1,000 s; `!` marks what failed. */
const sentences = (made: readonly Span[]): string[] =>
  made.map(({ name, start, end, status }) => {
    const at = (ns: bigint): number => Number(ns - 1_000_000_000_000n) / 1e6
    return `${name} ${at(start)}–${at(end)}${status === 'error' ? ' !' : ''}`
  })

describe('the spans of a line', () => {
  test('follow each other', () => {
    expect(sentences(spans())).toEqual([
      'GET 0–100',
      'proxy receive 0–0',
      'proxy connect 0–10',
      'proxy wait 10–60',
      'proxy respond 60–100',
    ])
  })

  test('have a connection for each try, and the wait of the one that answered', () => {
    const tried = spans({
      upstream: '10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1',
      upstream_status: '502, 504, 200',
      upstream_connect: '-, 0.001, 0.002',
      upstream_header: '-, -, 0.020',
      upstream_response: '0.010, 0.030, 0.025',
    })
    expect(sentences(tried)).toEqual([
      'GET 0–100',
      'proxy receive 0–0',
      'proxy connect 0–10 !',
      'proxy connect 10–11',
      'proxy wait 11–40 !',
      'proxy connect 40–42',
      'proxy wait 42–60',
      'proxy respond 60–100',
    ])
    expect(tried[0]?.attributes.get('phaseline.proxy.upstream')).toBe('10.0.0.3:1')
  })

  test('stay inside the request, whatever the sums of rounded figures say', () => {
    for (const { start, end } of spans({
      duration: '0.080',
      end: '1000.080',
      upstream_header: '0.095',
      upstream_response: '0.095',
    })) {
      expect([start >= 1_000_000_000_000n, start <= end, end <= 1_000_080_000_000n]).toEqual([true, true, true])
    }
  })

  test('say that the client went away, which is no error and no status', () => {
    const [whole] = spans({ status: '499', upstream_header: '-' })
    expect([whole?.status, whole?.attributes.get('phaseline.cancelled')]).toEqual(['unset', true])
    expect(whole?.attributes.has('http.response.status_code')).toBe(false)
  })

  test('have the same ids when the line is read again, each its own', () => {
    expect(spans()).toEqual(spans())
    expect(new Set(spans().map(({ spanId }) => spanId)).size).toBe(5)
  })

  test('are on the clock of the machine that they are said to be of', () => {
    const machine = { 'host.name': 'web1', 'host.id': 'm1' }
    const [whole] = spansOfLine(line(), { service: 'edge', machine }) ?? []
    expect(whole?.resource).toMatchObject({ service: 'edge', host: 'm1' })
    expect(Object.fromEntries(whole?.resource.attributes ?? [])).toEqual({ 'service.name': 'edge', ...machine })
  })

  test('name a method that nobody knows as the conventions do', () => {
    const [whole] = spans({ method: 'BREW' })
    expect([whole?.name, whole?.attributes.get('http.request.method')]).toEqual(['HTTP', '_OTHER'])
  })
})

test('a request that is not sampled has none', () => {
  expect(spans({ flags: '00' })).toEqual([])
})

test.each([
  '',
  'null',
  '[]',
  '127.0.0.1 - - [21/Nov/2026] "GET / HTTP/1.1" 200',
  '{"phaseline":"1"}',
  line({ trace: 'x' }),
  line({ span: '' }),
  line({ parent: 'nobody' }),
  line({ end: 'then' }),
  line({ duration: '-' }),
  line({ status: { nested: true } }),
  line({ path: 3 }),
])('is none of ours: %s', (text) => {
  expect(spansOfLine(text)).toBeUndefined()
})
