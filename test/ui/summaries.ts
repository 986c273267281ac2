import type { NewsJson } from '../../src/query/wire/list.ts'

/** A line of the list, as the live feed tells it. @param start decimal nanoseconds, which its trace id is made from too */
export function summaryOf(start: string, more: Partial<NewsJson> = {}): NewsJson {
  return {
    traceId: start.padStart(32, '0'),
    version: '1',
    service: 'bookshop',
    name: 'GET /books/',
    method: 'GET',
    route: '/books/',
    status: 200,
    start: start === '1' ? '1000' : start,
    durationNs: '31600000',
    spanCount: 39,
    services: ['bookshop', 'edge'],
    error: false,
    inFlight: false,
    phases: { dns: '31600000' },
    warnings: {},
    slowestMiddleware: null,
    middlewares: [],
    routes: ['/books/'],
    ...more,
  }
}
