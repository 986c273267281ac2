import { expect, test } from 'vitest'
import { FIRST_BOARD } from '../../src/ui/middleware/board.ts'
import type { NewsJson } from '../../src/query/wire/list.ts'
import { filterOf, fits, narrowed, NO_FILTER, queryOf, type Filter } from '../../src/ui/filter.ts'
import { hrefOf, placeOf } from '../../src/ui/location.ts'
import { FIRST_WINDOWS } from '../../src/ui/windows/windows.ts'
import { summaryOf } from './summaries.ts'

const filled: Filter = { ...NO_FILTER, q: 'a b&c', service: 'shop', status: '5xx', minMs: '1.5', from: '17' }

test('a filter survives the way into a URL and back', () => {
  expect(filterOf(new URLSearchParams(queryOf(filled)))).toEqual(filled)
  expect(queryOf(NO_FILTER)).toBe('')
})

test('what a URL says beyond the filter is left out', () => {
  expect(filterOf(new URLSearchParams('service=shop&__proto__=x&evil=1'))).toEqual({ ...NO_FILTER, service: 'shop' })
  expect([narrowed(NO_FILTER), narrowed(filled)]).toEqual([false, true])
})

test.each<[Partial<Filter>, Partial<NewsJson>, boolean]>([
  [{}, {}, true],
  [{ q: 'BOOKS' }, {}, true],
  [{ q: 'nowhere' }, {}, false],
  [{ service: 'edge' }, {}, true],
  [{ service: 'mail' }, {}, false],
  [{ status: '2xx' }, {}, true],
  [{ status: '200' }, {}, true],
  [{ status: '201' }, {}, false],
  [{ status: '2xx' }, { status: null }, false],
  [{ minMs: '30' }, {}, true],
  [{ minMs: '40' }, {}, false],
  [{ maxMs: '30' }, {}, false],
  [{ phase: 'dns' }, {}, true],
  [{ phase: 'queue' }, {}, false],
  [{ middleware: 'Session' }, { middlewares: ['Security', 'Session'] }, true],
  [{ middleware: 'Csrf' }, { middlewares: ['Security', 'Session'] }, false],
  [{ route: '/inner/' }, { routes: ['/books/', '/inner/'] }, true],
  [{ error: '1' }, {}, false],
  [{ error: '1' }, { error: true }, true],
  [{ from: '2000' }, {}, false],
  [{ from: '1000', to: '1000' }, {}, true],
])('filter %j and request %j: %s', (filter, more, expected) => {
  expect(fits({ ...summaryOf('1'), ...more }, { ...NO_FILTER, ...filter })).toBe(expected)
})

test.each([
  ['/', { page: 'requests', filter: NO_FILTER }],
  ['/?status=5xx', { page: 'requests', filter: { ...NO_FILTER, status: '5xx' } }],
  ['/trace/AB', { page: 'timeline', traceId: 'ab'.padStart(32, '0'), span: null }],
  [`/trace/${'a'.repeat(32)}?span=b`, { page: 'timeline', traceId: 'a'.repeat(32), span: 'b' }],
  [`/trace/${'a'.repeat(32)}?find=b+c`, { page: 'timeline', traceId: 'a'.repeat(32), span: null, find: 'b c' }],
  ['/status', { page: 'status' }],
  ['/alerts', { page: 'alerts' }],
  ['/middleware?phase=db', { page: 'middleware', board: { ...FIRST_BOARD, phase: 'db' } }],
  ['/compare', { page: 'windows', windows: FIRST_WINDOWS }],
  [
    '/compare?route=%2Fbooks%2F&from=1&to=2&shiftMs=3600000',
    { page: 'windows', windows: { ...FIRST_WINDOWS, route: '/books/', from: '1', to: '2', shiftMs: '3600000' } },
  ],
  ['/compare?a=AB', { page: 'compare', a: 'ab'.padStart(32, '0'), b: null }],
  ['/compare?a=a&b=nothing', { page: 'compare', a: 'a'.padStart(32, '0'), b: null }],
  ['/trace/xyz', { page: 'nowhere', path: '/trace/xyz' }],
  ['/else', { page: 'nowhere', path: '/else' }],
])('the address %s means %j and leads back to itself', (href, place) => {
  const found = placeOf(new URL(href, 'http://h'))
  expect(found).toEqual(place)
  expect(placeOf(new URL(hrefOf(found), 'http://h'))).toEqual(found)
})
