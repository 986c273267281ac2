import { describe, expect, test } from 'vitest'
import { partsOf } from '../../src/browser/phases.ts'

/** Of a request over a new connection with TLS, ms. */
const NEW = {
  name: 'https://shop.example:8443/books/',
  startTime: 0,
  redirectStart: 0,
  redirectEnd: 0,
  fetchStart: 1,
  domainLookupStart: 2,
  domainLookupEnd: 5,
  connectStart: 5,
  secureConnectionStart: 7,
  connectEnd: 10,
  requestStart: 11,
  responseStart: 20,
  responseEnd: 25,
}
const KEPT = { domainLookupStart: 1, domainLookupEnd: 1, connectStart: 1, secureConnectionStart: 1, connectEnd: 1 }

const phasesOf = (changes: Partial<typeof NEW> = {}): string[] =>
  partsOf({ ...NEW, ...changes } as PerformanceResourceTiming).map(
    ({ name, phase = name, inside, start, end }) => `${inside === undefined ? '' : `${inside} > `}${phase} ${start}-${end}`,
  )

describe('the phases of a request as a browser timed it', () => {
  test('over a new connection: lookup, connect and handshake inside the wait for it', () => {
    expect(phasesOf()).toEqual([
      'client.wait 1-11',
      'client.wait > dns 2-5',
      'client.wait > connect 5-7',
      'client.wait > tls 7-10',
      'client.ttfb 11-20',
      'client.receive 20-25',
    ])
    expect(partsOf(NEW as PerformanceResourceTiming).map(({ name }) => name)).toContain('socket connect shop.example:8443')
  })

  test('over a connection that was kept: none of them', () => {
    expect(phasesOf(KEPT)).toEqual(['client.wait 1-11', 'client.ttfb 11-20', 'client.receive 20-25'])
  })

  test('without TLS: no handshake', () => {
    expect(phasesOf({ secureConnectionStart: 0 }).slice(2, 4)).toEqual(['client.wait > connect 5-10', 'client.ttfb 11-20'])
  })

  test('that connected in less than a browser can tell: a connect of no time, as the handshake shows', () => {
    expect(phasesOf({ secureConnectionStart: 5 })).toContain('client.wait > connect 5-5')
  })

  test('that was opened ahead, before the request: nothing of it is before', () => {
    // As Firefox says it of its first page.
    const ahead = {
      startTime: 0,
      fetchStart: -11,
      domainLookupStart: -10,
      domainLookupEnd: -10,
      connectStart: -10,
      connectEnd: -9,
    }
    expect(phasesOf({ ...ahead, secureConnectionStart: 0 })).toEqual([
      'client.wait 0-11',
      'client.ttfb 11-20',
      'client.receive 20-25',
    ])
  })

  test('with early data, sent before the handshake is over: it ends with the wait', () => {
    expect(phasesOf({ requestStart: 8 }).slice(0, 5)).toEqual([
      'client.wait 1-8',
      'client.wait > dns 2-5',
      'client.wait > connect 5-7',
      'client.wait > tls 7-8',
      'client.ttfb 8-20',
    ])
  })

  test('that begins in the same millisecond as the page, where a browser rounds to one: all of them', () => {
    expect(phasesOf({ ...KEPT, fetchStart: 0, requestStart: 0 })).toEqual([
      'client.wait 0-0',
      'client.ttfb 0-20',
      'client.receive 20-25',
    ])
  })

  test('with early hints before the answer: the wait is for the answer', () => {
    expect(phasesOf({ finalResponseHeadersStart: 22 } as Partial<typeof NEW>).slice(-2)).toEqual([
      'client.ttfb 11-22',
      'client.receive 22-25',
    ])
  })

  test('after a redirect: that, too', () => {
    expect(phasesOf({ redirectStart: 0.1, redirectEnd: 0.9 })[0]).toBe('redirect 0.1-0.9')
  })

  test('of another site that does not allow it: nothing', () => {
    expect(phasesOf({ requestStart: 0, responseStart: 0 })).toEqual([])
  })
})
