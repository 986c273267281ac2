import { include, JsonResponse, path, type HttpRequest, type HttpResponse, type UrlPattern } from '../lifecycle/index.ts'
import type { Timeline } from '../model/timeline.ts'
import type { Filter, Operation, Store } from '../store/contract.ts'
import type { AlertEngine } from '../alerts/engine.ts'
import { PhaselineError } from '../model/errors.ts'
import { decodeTraces } from '../otlp/decode.ts'
import { stitch } from '../stitch/stitch.ts'
import { tracesOf } from '../stitch/traces.ts'
import { JaegerFault } from './jaeger-fault.ts'
import { findV1, findV3, optional, textV3 } from './jaeger-params.ts'
import { metricFamily, MINIMUM_STEP_MS } from './jaeger-metrics.ts'
import { traceSummary } from './jaeger-summary.ts'
import { jaegerTrace } from './jaeger-v1.ts'
import { tracesData } from './jaeger-v3.ts'

/** Jaeger's form of an answer in v1. */
function v1Body(data: unknown, total = 0, errors: { code: number; msg: string }[] | null = null): unknown {
  return { data, total, limit: 0, offset: 0, errors }
}

type Answer = (request: HttpRequest, kwargs: Record<string, string>) => Promise<unknown>
type Refuse = (fault: JaegerFault) => unknown

const refuseV1: Refuse = ({ status, message }) => v1Body(null, 0, [{ code: status, msg: message }])
const refuseV3: Refuse = ({ status, message }) => ({ error: { httpCode: status, message } })

function view(answer: Answer, refuse: Refuse) {
  return async function jaeger(request: HttpRequest, kwargs: Record<string, string>): Promise<HttpResponse> {
    const headers = { 'Cache-Control': 'no-store' }
    try {
      return new JsonResponse(await answer(request, kwargs), { headers })
    } catch (error) {
      if (!(error instanceof JaegerFault)) throw error
      return new JsonResponse(refuse(error), { status: error.status, headers })
    }
  }
}

function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) throw new JaegerFault(400, `malformed trace ID: ${JSON.stringify(text.slice(0, 64))}`)
  return text.toLowerCase().padStart(32, '0')
}

async function timelines(store: Store, ids: readonly string[]): Promise<Timeline[]> {
  const found = await Promise.all(ids.map((id) => store.timeline(id)))
  return found.filter((timeline) => timeline !== undefined)
}

async function search(store: Store, filter: Filter): Promise<Timeline[]> {
  const { items } = await store.search(filter)
  return timelines(
    store,
    items.map(({ traceId }) => traceId),
  )
}

async function operations(
  store: Store,
  service: string | null,
  kind: string | null,
): Promise<{ name: string; spanKind: string }[]> {
  if (service === null || service === '') throw new JaegerFault(400, "parameter 'service' is required")
  const all = await store.operations(service)
  return all
    .map(({ name, kind: spanKind }: Operation) => ({ name, spanKind: spanKind.toLowerCase() }))
    .filter(({ spanKind }) => kind === null || kind === '' || spanKind === kind)
}

/** Milliseconds: what Jaeger takes where nothing is said. */
const LOOKBACK = 24 * 3_600_000

/** `endTs` and `lookback` in milliseconds. */
async function dependencies(store: Store, params: URLSearchParams): Promise<unknown> {
  const whole = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)
  const end = optional(params, 'endTs', whole) ?? Date.now()
  const from = Math.max(0, end - (optional(params, 'lookback', whole) ?? LOOKBACK))
  const found = await store.dependencies(BigInt(from) * 1_000_000n, BigInt(end) * 1_000_000n)
  return found.map(({ parent, child, calls }) => ({ parent, child, callCount: calls }))
}

async function oneV1(store: Store, id: string): Promise<unknown> {
  const timeline = await store.timeline(traceIdOf(id))
  if (timeline === undefined) throw new JaegerFault(404, 'trace not found')
  return v1Body([jaegerTrace(timeline)])
}

async function tracesV1(store: Store, params: URLSearchParams): Promise<unknown> {
  const ids = params.getAll('traceID')
  const found = await (ids.length > 0 ? timelines(store, ids.map(traceIdOf)) : search(store, findV1(params)))
  return v1Body(found.map(jaegerTrace), found.length)
}

/** OTLP's JSON as Jaeger's: its page shows files so. */
async function transform(request: HttpRequest): Promise<unknown> {
  if (request.method !== 'POST') throw new JaegerFault(405, 'send OTLP JSON by POST')
  try {
    const { spans } = decodeTraces(await request.body(), 'json')
    const traces = [...tracesOf(spans).values()].map((trace) => jaegerTrace(stitch(trace)))
    return v1Body(traces, traces.length)
  } catch (error) {
    if (!(error instanceof PhaselineError)) throw error
    throw new JaegerFault(400, `cannot unmarshal OTLP: ${error.message}`)
  }
}

/** What Jaeger's Monitor tab asks for. */
function metrics(engine: AlertEngine | undefined, kind: string, params: URLSearchParams): unknown {
  if (engine === undefined) throw new JaegerFault(501, 'metrics querying is currently disabled')
  if (kind === 'minstep') return v1Body(MINIMUM_STEP_MS)
  return metricFamily(engine.spans, kind, params)
}

function v1Urls(store: Store, engine: AlertEngine | undefined): UrlPattern[] {
  const get = (answer: Answer) => view(answer, refuseV1)
  return [
    path(
      'services',
      get(async () => {
        const names = await store.services()
        return v1Body(names, names.length)
      }),
    ),
    path(
      'services/<path:service>/operations',
      get(async (_, { service = '' }) => {
        const names = [...new Set((await operations(store, service, null)).map(({ name }) => name))]
        return v1Body(names, names.length)
      }),
    ),
    path(
      'operations',
      get(async ({ query }) => {
        const all = await operations(store, query.get('service'), query.get('spanKind'))
        return v1Body(all, all.length)
      }),
    ),
    path(
      'traces',
      get(({ query }) => tracesV1(store, query)),
    ),
    path(
      'traces/<str:id>',
      get((_, { id = '' }) => oneV1(store, id)),
    ),
    path(
      'dependencies',
      get(async ({ query }) => v1Body(await dependencies(store, query))),
    ),
    path('transform', get(transform)),
    path(
      'metrics/<str:kind>',
      get(async ({ query }, { kind = '' }) => metrics(engine, kind, query)),
    ),
  ]
}

async function foundV3(found: Promise<Timeline[]>): Promise<unknown> {
  const all = await found
  if (all.length === 0) throw new JaegerFault(404, 'No traces found')
  return { result: tracesData(all) }
}

function v3Urls(store: Store): UrlPattern[] {
  const get = (answer: Answer) => view(answer, refuseV3)
  return [
    path(
      'services',
      get(async () => ({ services: await store.services() })),
    ),
    path(
      'operations',
      get(async ({ query }) => ({
        operations: await operations(store, query.get('service'), textV3(query, 'spanKind')),
      })),
    ),
    path(
      'trace-summaries',
      get(async ({ query }) => ({ summaries: (await search(store, findV3(query))).map(traceSummary) })),
    ),
    path(
      'traces',
      get(({ query }) => foundV3(search(store, findV3(query)))),
    ),
    path(
      'traces/<str:id>',
      get((_, { id = '' }) => foundV3(timelines(store, [traceIdOf(id)]))),
    ),
  ]
}

/** Jaeger's query API from our store, below `/api/`: a stock Jaeger UI, or Grafana's data source, is pointed at it as it is. */
export function jaegerUrls(store: Store, engine?: AlertEngine): UrlPattern[] {
  return [...v1Urls(store, engine), path('v3/', include(v3Urls(store)))]
}
