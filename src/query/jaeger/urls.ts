import {
  include,
  HttpResponse,
  JsonResponse,
  path,
  StreamingHttpResponse,
  type HttpRequest,
  type UrlPattern,
} from '../../lifecycle/index.ts'
import type { Operation, Store } from '../../store/contract.ts'
import type { AlertEngine } from '../../alerts/engine.ts'
import { PhaselineError } from '../../model/errors.ts'
import { decodeTraces } from '../../otlp/decode.ts'
import { stitch } from '../../stitch/stitch.ts'
import { tracesOf } from '../../stitch/traces.ts'
import { JaegerFault } from './fault.ts'
import { findV1, findV3, optional, textV3 } from './params.ts'
import { metricFamily, MINIMUM_STEP_MS } from './metrics.ts'
import { traceSummaries } from './summary.ts'
import { receivedOf, receivedTrace, receivedTraces, type ReceivedTrace } from './received.ts'
import { jaegerTrace, shortTraceId } from './v1.ts'
import { resourceSpans } from './v3.ts'
import { listInSlices } from '../slices.ts'

/** What Jaeger says of what it could not do. */
interface ErrorV1 {
  code?: number
  msg: string
  traceID?: string
}

/** Jaeger's form of an answer in v1. */
function v1Body(data: unknown, total = 0, errors: ErrorV1[] | null = null): unknown {
  return { data, total, limit: 0, offset: 0, errors }
}

type Answer = (request: HttpRequest, kwargs: Record<string, string>) => Promise<unknown>
type Refuse = (fault: JaegerFault) => unknown

const refuseV1: Refuse = ({ status, message }) => v1Body(null, 0, [{ code: status, msg: message }])
const refuseV3: Refuse = ({ status, message }) => ({ error: { httpCode: status, message } })

const headers = { 'Cache-Control': 'no-store' }

/** A list of whole traces is written as it is made: 1,500 of them are 23 MB and take 200 ms. */
function written(items: AsyncIterable<string>, head: string, tail: (count: number) => string): HttpResponse {
  return new StreamingHttpResponse(listInSlices(items, head, tail), { contentType: 'application/json', headers })
}

function view(answer: Answer, refuse: Refuse) {
  return async function jaeger(request: HttpRequest, kwargs: Record<string, string>): Promise<HttpResponse> {
    try {
      const data = await answer(request, kwargs)
      return data instanceof HttpResponse ? data : new JsonResponse(data, { headers })
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

async function operations(store: Store, service: string, kind: string | null): Promise<{ name: string; spanKind: string }[]> {
  const all = await store.operations(service)
  return all
    .map(({ name, kind: spanKind }: Operation) => ({ name, spanKind: spanKind.toLowerCase() }))
    .filter(({ spanKind }) => kind === null || kind === '' || spanKind === kind)
}

function serviceOf(params: URLSearchParams): string {
  const service = params.get('service')
  if (service !== null && service !== '') return service
  throw new JaegerFault(400, "parameter 'service' is required")
}

/** Milliseconds: what Jaeger takes where nothing is said. */
const LOOKBACK = 24 * 3_600_000

/** `endTs` and `lookback` in milliseconds. */
async function dependencies(store: Store, params: URLSearchParams): Promise<unknown> {
  const whole = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)
  const end = optional(params, 'endTs', whole) ?? Date.now()
  const from = Math.max(0, end - (optional(params, 'lookback', whole) ?? LOOKBACK))
  const found = await store.dependencies(BigInt(from) * 1_000_000n, BigInt(end) * 1_000_000n)
  const service = params.get('service') || undefined
  return found
    .filter(({ parent, child }) => service === undefined || parent === service || child === service)
    .map(({ parent, child, calls }) => ({ parent, child, callCount: calls }))
}

/** JSON that is text already. */
function body(text: string): HttpResponse {
  return new HttpResponse(text, { contentType: 'application/json', headers })
}

/** What is before and after a list of traces. */
const v1Head = '{"data":'
const v1Tail = (total = 0, errors: ErrorV1[] | null = null): string =>
  `,${JSON.stringify(v1Body(undefined, total, errors)).slice(1)}`

async function oneV1(store: Store, id: string): Promise<unknown> {
  const trace = await receivedTrace(store, traceIdOf(id))
  if (trace === undefined) throw new JaegerFault(404, 'trace not found')
  return body(`${v1Head}[${jaegerTrace(trace)}]${v1Tail()}`)
}

async function tracesV1(store: Store, params: URLSearchParams): Promise<unknown> {
  const ids = params.getAll('traceID')
  const faults: ErrorV1[] = []
  const fault = (traceId: string): unknown =>
    faults.push({ code: 500, msg: 'trace could not be read', traceID: shortTraceId(traceId) })
  const traces =
    ids.length > 0
      ? tracesById(store, ids.map(traceIdOf), faults)
      : receivedTraces(store, (await store.search(findV1(params))).items, fault)
  return written(texts(traces), v1Head, (total) => v1Tail(total, faults.length === 0 ? null : faults))
}

async function* texts(traces: AsyncIterable<ReceivedTrace>): AsyncGenerator<string> {
  for await (const trace of traces) yield jaegerTrace(trace)
}

/** @param missing what is said of those that are not there */
async function* tracesById(store: Store, ids: readonly string[], missing: ErrorV1[]): AsyncGenerator<ReceivedTrace> {
  for (const id of ids) {
    const trace = await receivedTrace(store, id)
    if (trace === undefined) missing.push({ msg: 'trace not found', traceID: shortTraceId(id) })
    else yield trace
  }
}

/** OTLP's JSON as Jaeger's: its page shows files so. */
async function transform(request: HttpRequest): Promise<unknown> {
  if (request.method !== 'POST') throw new JaegerFault(405, 'send OTLP JSON by POST')
  try {
    const { spans } = decodeTraces(await request.body(), 'json')
    const traces = [...tracesOf(spans).values()].map((trace) => jaegerTrace(receivedOf(stitch(trace))))
    return body(`${v1Head}[${traces.join()}]${v1Tail(traces.length)}`)
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
        const all = await operations(store, serviceOf(query), query.get('spanKind'))
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

async function oneV3(store: Store, id: string): Promise<unknown> {
  const trace = await receivedTrace(store, traceIdOf(id))
  if (trace === undefined) throw new JaegerFault(404, 'No traces found')
  return body(`{"result":{"resourceSpans":[${resourceSpans(trace).join()}]}}`)
}

async function tracesV3(store: Store, params: URLSearchParams): Promise<unknown> {
  const { items } = await store.search(findV3(params))
  const traces = receivedTraces(store, items, () => {})
  const first = await traces.next()
  if (first.done === true) throw new JaegerFault(404, 'No traces found')
  return written(resourcesOf(first.value, traces), '{"result":{"resourceSpans":', () => '}}')
}

async function* resourcesOf(first: ReceivedTrace, others: AsyncIterable<ReceivedTrace>): AsyncGenerator<string> {
  yield* resourceSpans(first)
  for await (const trace of others) yield* resourceSpans(trace)
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
        operations: await operations(store, query.get('service') ?? '', textV3(query, 'spanKind')),
      })),
    ),
    path(
      'trace-summaries',
      get(async ({ query }) => ({ summaries: await traceSummaries(store, findV3(query)) })),
    ),
    path(
      'traces',
      get(({ query }) => tracesV3(store, query)),
    ),
    path(
      'traces/<str:id>',
      get((_, { id = '' }) => oneV3(store, id)),
    ),
  ]
}

/** Jaeger's query API from our store, below `/api/`: a stock Jaeger UI, or Grafana's data source, is pointed at it as it is. */
export function jaegerUrls(store: Store, engine?: AlertEngine): UrlPattern[] {
  return [...v1Urls(store, engine), path('v3/', include(v3Urls(store)))]
}
