import { expect, test } from 'vitest'
import { compareLines } from '../../src/cli/compare-lines.ts'
import type { FigureJson, WindowsJson } from '../../src/query/wire/windows.ts'

const figure = (p50: number, p95: number, count = 25): FigureJson => ({ count, p50Ns: String(p50), p95Ns: String(p95) })
const at = (minute: number): string => String(BigInt(new Date(2026, 10, 21, 2, minute).getTime()) * 1_000_000n)
const bins = { lowNs: '1', highNs: '2', counts: [] }

const ROUTES: WindowsJson = {
  service: '',
  route: '',
  before: { from: at(0), to: at(5), took: figure(12_000_000, 20_000_000), more: false, bins },
  after: { from: at(5), to: at(10), took: figure(72_000_000, 90_000_000, 1200), more: true, bins },
  routes: [
    { service: 'bookshop', route: '/books/<int:id>/', before: figure(12_000_000, 1), after: figure(72_000_000, 1) },
    { service: 'bookshop', route: '/new/', before: null, after: figure(1_000_000, 1) },
  ],
  totals: [],
  phases: null,
}

test('routes are told with their p50 then and now, in 80 columns', () => {
  expect(compareLines(ROUTES)).toEqual([
    '       WHEN                                         REQUESTS       P50       P95',
    'before 02:00:00 – 02:05:00                                25   12.0 ms   20.0 ms',
    'after  02:05:00 – 02:10:00                             1200+   72.0 ms   90.0 ms',
    '',
    'ROUTE, whole request            SERVICE     REQUESTS  P50 WAS   P50 IS    CHANGE',
    '/books/<int:id>/                bookshop       25→25  12.0 ms  72.0 ms  +60.0 ms',
    '/new/                           bookshop        0→25        –  1.00 ms       new',
  ])
})

test('of a route: its phases, then what is inside the service', () => {
  const perRequest = { beforeNs: '1000000', afterNs: '61000000' }
  const found: WindowsJson = {
    ...ROUTES,
    route: '/books/<int:id>/',
    totals: [{ phase: 'middleware.request', before: figure(1, 2_000_000), after: figure(1, 62_000_000), perRequest }],
    phases: {
      basis: 'every',
      requests: { before: 25, after: 1200 },
      rows: [
        {
          service: 'bookshop',
          phase: 'middleware.request',
          name: 'SessionMiddleware',
          hook: 'process_request',
          before: null,
          after: figure(1, 62_000_000),
          perRequest: { beforeNs: '61000000', afterNs: '1000000' },
          slowest: null,
        },
      ],
    },
  }
  expect(compareLines(found).slice(4)).toEqual([
    'PHASE of the whole request                          P95 WAS   P95 IS PER REQUEST',
    'middleware.request                                  2.00 ms  62.0 ms    +60.0 ms',
    '',
    'INSIDE the service, each time                       P95 WAS   P95 IS PER REQUEST',
    'SessionMiddleware request                                 –  62.0 ms    −60.0 ms',
  ])
})

test('a window without requests is said, with what to try', () => {
  const none = { ...ROUTES, before: { ...ROUTES.before, took: figure(0, 0, 0) } }
  expect(compareLines(none).at(-1)).toMatch(/^No requests before: .*--last.*--earlier/)
})
