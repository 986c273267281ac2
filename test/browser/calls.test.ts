import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { callsOf, type Calls, type Outcome } from '../../src/browser/calls.ts'

const OK: Outcome = { status: 200 }
const begun = (url: string, start: number) => ({ traceId: 't', spanId: `${start}`, method: 'GET', url, start })
const timing = (name: string, startTime: number, initiatorType = 'fetch') =>
  ({ name, startTime, initiatorType, responseEnd: startTime + 10 }) as PerformanceResourceTiming

describe('what a script saw and what the browser timed of one request', () => {
  let calls: Calls
  let told: string[]

  beforeEach(() => {
    vi.useFakeTimers()
    told = []
    calls = callsOf(({ spanId, status, cancelled, failure }, entry) => {
      const how = [failure ?? status, cancelled && 'cancelled', entry && `timed ${entry.startTime}`]
      told.push([spanId, ...how.filter(Boolean)].join(' '))
    })
  })
  afterEach(() => {
    calls.close()
    vi.useRealTimers()
  })

  test('are put together, whichever comes first', () => {
    calls.begin(begun('/a', 1))(OK)
    calls.timed([timing('/a', 1.5)])
    const end = calls.begin(begun('/b', 2))
    calls.timed([timing('/b#part', 2)])
    end(OK)
    expect(told).toEqual(['1 200 timed 1.5', '2 200 timed 2'])
  })

  test('of two for one address, the second of which ends first, are not confused', () => {
    const ends = [calls.begin(begun('/a', 1)), calls.begin(begun('/a', 6))]
    for (const end of ends) end(OK)
    calls.timed([timing('/a', 6.2)])
    calls.timed([timing('/a', 1.1)])
    expect(told).toEqual(['6 200 timed 6.2', '1 200 timed 1.1'])
  })

  test('are not those of an earlier request, nor of an image', () => {
    calls.begin(begun('/a', 50))(OK)
    calls.timed([timing('/a', 20), timing('/a', 50, 'img')])
    expect(told).toEqual([])
  })

  test('wait for a long answer’s last byte, a minute; of a failure the browser may say nothing', () => {
    calls.begin(begun('/long', 1))(OK)
    calls.begin(begun('/broken', 2))({ status: 0, failure: 'TypeError' })
    vi.advanceTimersByTime(5_000)
    expect(told).toEqual(['2 TypeError'])
    calls.timed([timing('/long', 1)])
    calls.begin(begun('/endless', 9_000))(OK)
    vi.advanceTimersByTime(70_000)
    expect(told).toEqual(['2 TypeError', '1 200 timed 1', '9000 200'])
  })

  test('of a page that is left: what had no answer was given up, also what failed as it was left', () => {
    calls.begin(begun('/pending', 1))
    calls.begin(begun('/ended', 2))({ status: 0, failure: 'TypeError' })
    calls.begin(begun('/answered', 3))(OK)
    calls.left()
    expect(told).toEqual(['1 cancelled', '2 cancelled', '3 200'])
  })

  test('are told once', () => {
    const end = calls.begin(begun('/a', 1))
    end({ status: 0, failure: 'abort' })
    end(OK)
    calls.timed([timing('/a', 1)])
    calls.left()
    expect(told).toEqual(['1 abort timed 1'])
  })

  test('of requests that never end fill no memory: six hundred are kept', () => {
    for (let start = 0; start < 700; start++) calls.begin(begun('/a', start))
    calls.left()
    expect([told.length, told[0]]).toEqual([600, '100 cancelled'])
  })
})
