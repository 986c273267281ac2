import { expect, test } from 'vitest'
import { arrived, EMPTY, extended, left, released, type Feed } from '../../src/ui/requests/feed.ts'
import { summaryOf } from './summaries.ts'

const starts = (feed: Feed): string[] => feed.shown.map((item) => item.start)
const of = (...list: string[]): Feed =>
  extended(
    EMPTY,
    list.map((start) => summaryOf(start)),
  )

test('a new request is put where its start belongs, newest first', () => {
  expect(starts(arrived(of('30', '10'), summaryOf('20'), false))).toEqual(['30', '20', '10'])
  expect(starts(arrived(of('30', '10'), summaryOf('100'), false))).toEqual(['100', '30', '10'])
})

test('while the list is paused new requests wait, and what is shown still changes in place', () => {
  const paused = arrived(of('30', '10'), summaryOf('40'), true)
  expect([starts(paused), paused.held.length]).toEqual([['30', '10'], 1])
  const changed = arrived(paused, summaryOf('10', { version: '2', status: 500 }), true)
  expect(changed.shown.map((item) => item.status)).toEqual([200, 500])
  const shown = released(changed)
  expect([starts(shown), shown.held.length]).toEqual([['40', '30', '10'], 0])
})

test('a request that changes while it waits waits once', () => {
  const once = arrived(arrived(of('30'), summaryOf('40'), true), summaryOf('40', { version: '2' }), true)
  expect(once.held.map((item) => item.version)).toEqual(['2'])
})

test('an older page adds what is not there yet', () => {
  expect(starts(extended(of('30', '20'), [summaryOf('20'), summaryOf('10')]))).toEqual(['30', '20', '10'])
})

test('a page that is left open does not grow for ever', () => {
  let feed: Feed = { ...EMPTY, most: 3 }
  for (const start of ['11', '12', '13', '14', '15']) feed = arrived(feed, summaryOf(start), false)
  expect(starts(feed)).toEqual(['15', '14', '13'])
})

test('a request that no longer fits the filter leaves the list, or what waits for it', () => {
  const feed = arrived(of('30', '10'), summaryOf('40'), true)
  expect(starts(left(feed, summaryOf('10')))).toEqual(['30'])
  expect(left(feed, summaryOf('40')).held).toEqual([])
  expect(left(feed, summaryOf('50'))).toBe(feed)
})
