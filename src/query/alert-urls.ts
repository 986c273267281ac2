import type { AlertEngine } from '../alerts/engine.ts'
import { healthFamilies } from '../alerts/health-metrics.ts'
import { phaseFamilies } from '../alerts/metrics.ts'
import { HttpResponse, JsonResponse, path, type HttpRequest, type UrlPattern } from '../lifecycle/index.ts'
import { expose } from '../model/openmetrics.ts'
import { alertsJson } from './alerts-json.ts'
import { QueryFault } from './fault.ts'
import { middlewareJson } from './middleware-json.ts'
import type { StatusJson } from './wire/status.ts'

const FRESH = { 'Cache-Control': 'no-store' }
const LONGEST_MS = 15 * 60_000

/** `/api/alerts` and `/api/middleware`: see `wire/alerts.ts` and `wire/middleware.ts`. */
export function alertUrls(engine: AlertEngine): UrlPattern[] {
  return [
    path('alerts', () => new JsonResponse(alertsJson(engine), { headers: FRESH })),
    path('middleware', (request: HttpRequest) => {
      const { query } = request
      const asked = {
        phase: query.get('phase') ?? 'middleware.*',
        service: query.get('service') ?? '',
        route: query.get('route') ?? '',
      }
      return new JsonResponse(middlewareJson(engine, { ...asked, windowMs: windowOf(query.get('windowMs')) }), { headers: FRESH })
    }),
  ]
}

function windowOf(text: string | null | undefined): number {
  const ms = text === null || text === undefined ? LONGEST_MS : Number(text)
  if (ms >= 10_000 && ms <= LONGEST_MS) return ms
  throw new QueryFault(400, 'bad_window', `windowMs is a number of milliseconds from 10000 to ${LONGEST_MS}.`)
}

/** `/metrics`: all figures for Prometheus, in the format that it asks for. */
export function metricsUrl(engine: AlertEngine, status: () => Promise<StatusJson>): UrlPattern {
  return path('metrics', async (request: HttpRequest) => {
    const families = [...phaseFamilies(engine), ...engine.spans.families(), ...healthFamilies(await status())]
    const { type, body } = expose(families, request.header('accept') ?? '')
    return new HttpResponse(body, { contentType: type, headers: FRESH })
  })
}
