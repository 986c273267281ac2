import { describe, expect, test } from 'vitest'
import { spansOf, type Request } from '../../src/browser/request.ts'

const REQUEST: Request = {
  traceId: 't',
  spanId: 's',
  method: 'GET',
  url: 'https://shop.example/a',
  start: 1,
  end: 90,
  status: 200,
}
/** Of one whose last byte came long before its script, which was busy, heard of it. */
const timing = (changes: Partial<PerformanceResourceTiming> = {}) =>
  ({ name: REQUEST.url, startTime: 1, fetchStart: 1, requestStart: 2, responseStart: 5, responseEnd: 50, ...changes }) as never

describe('the spans of a request', () => {
  test('end with its last byte, not when its script heard of it', () => {
    expect(spansOf(REQUEST, timing())[0]).toMatchObject({ start: 1, end: 50 })
  })

  test('begin with the first of their phases, though browsers round', () => {
    expect(spansOf(REQUEST, timing({ startTime: 0.4, fetchStart: 0.4 })).map(({ start }) => start)).toEqual([0.4, 0.4, 2, 5])
  })

  test('end when its script heard of it, where the browser says nothing', () => {
    expect(spansOf(REQUEST, undefined)).toMatchObject([{ start: 1, end: 90 }])
    expect(spansOf(REQUEST, timing({ responseEnd: 0, responseStart: 0 }))).toMatchObject([{ start: 1, end: 90 }])
  })

  test('are one where there was no answer, whatever moments the browser names', () => {
    expect(spansOf({ ...REQUEST, status: 0, failure: 'TypeError' }, timing())).toMatchObject([{ end: 50, failure: 'TypeError' }])
    expect(spansOf({ ...REQUEST, status: 500, failure: '500' }, timing()).length).toBe(4)
  })

  test('say that it was given up, which is no failure', () => {
    const [whole] = spansOf({ ...REQUEST, status: 0, cancelled: true }, undefined)
    expect(whole?.attributes).toMatchObject({ 'phaseline.cancelled': true })
    expect(whole?.failure).toBeUndefined()
  })

  test('name a method of nobody’s knowing as the conventions do', () => {
    const [whole] = spansOf({ ...REQUEST, method: 'HTTP' }, undefined)
    expect([whole?.name, whole?.attributes?.['http.request.method']]).toEqual(['HTTP', '_OTHER'])
  })
})
