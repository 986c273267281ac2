import type { SummaryJson } from '../../src/query/wire/list.ts'
import type { MiddlewareRowJson } from '../../src/query/wire/middleware.ts'

/** A line of the list of requests, as the query API gives it. */
export function summary(changes: Partial<SummaryJson> = {}): SummaryJson {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    version: '1',
    service: 'shop',
    name: 'GET /books/<int:id>/',
    method: 'GET',
    route: '/books/<int:id>/',
    status: 200,
    start: '1795225669218000000',
    durationNs: '10000000',
    spanCount: 3,
    services: ['shop'],
    error: false,
    inFlight: false,
    phases: { gateway: '1000000', db: '6200000', view: '2800000' },
    warnings: {},
    slowestMiddleware: null,
    ...changes,
  }
}

/** A row of the middlewares, as the query API gives it. */
export function middleware(changes: Partial<MiddlewareRowJson> = {}): MiddlewareRowJson {
  return {
    service: 'shop',
    phase: 'middleware.request',
    name: 'SessionMiddleware',
    hook: 'process_request',
    calls: 12_345,
    errors: 0,
    p50Ns: '160000',
    p95Ns: '1515000',
    p99Ns: '3000000',
    share: 0.123,
    trend: [null, '100', '400', '800'],
    alert: null,
    slowest: null,
    typical: null,
    ...changes,
  }
}
