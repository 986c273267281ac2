import { JsonResponse, path, StreamingHttpResponse, type HttpRequest, type HttpResponse } from '../lifecycle/index.ts'
import type { UrlPattern } from '../lifecycle/index.ts'
import type { AlertEngine } from '../alerts/engine.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { summarise } from '../stitch/summary.ts'
import type { Store } from '../store/contract.ts'
import type { Agents } from './agents.ts'
import type { Arrivals } from './arrivals.ts'
import { QueryFault } from './fault.ts'
import { listQuery } from './filter.ts'
import { sameSite } from './guard.ts'
import { list } from './list.ts'
import type { News } from './live.ts'
import { outlineJson } from './outline.ts'
import type { Recent } from './recent.ts'
import { statusJson, type Stats } from './status.ts'
import { summaryJson } from './summary-json.ts'
import { spanDetailJson, timelineJson } from './timeline-json.ts'
import { windowsQuery } from './windows/query.ts'
import { windowsJson } from './windows/windows.ts'
import type { ControlJson, ControlsJson } from './wire/controls.ts'
import type { SpansJson } from './wire/timeline.ts'

/** Switches that the page shows, and what sets them. */
export interface Controls {
  list(): readonly ControlJson[]
  set(id: string, on: boolean): void | Promise<void>
}

/** What the API reads from. */
export interface ApiParts {
  readonly store: Store
  readonly recent: Recent
  readonly news: News
  readonly arrivals: Arrivals
  readonly agents: Agents
  readonly stats: () => Stats
  readonly controls: Controls
  /** Whose histograms say what changed; timelines say it without. */
  readonly alerts: AlertEngine | undefined
  readonly version: string
  /** The address of a Jaeger's page, without a slash at its end. */
  readonly jaegerUrl: string | undefined
}

/** Lists change with every request: nobody may keep them. */
const FRESH = { 'Cache-Control': 'no-store' }

const json = (data: unknown): JsonResponse => new JsonResponse(data, { headers: FRESH })

function traceIdOf(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) throw new QueryFault(400, 'bad_trace_id', 'A trace id is up to 32 hexadecimal digits.')
  return text.toLowerCase().padStart(32, '0')
}

async function found(recent: Recent, id: string): Promise<Timeline> {
  const traceId = traceIdOf(id)
  const timeline = await recent.timeline(traceId)
  if (timeline !== undefined) return timeline
  throw new QueryFault(404, 'not_found', `There is no timeline of ${traceId}: it never arrived, or is older than what is kept.`)
}

/** The store has worked it out already, and that of 100,000 spans takes a quarter of a second; not so while a trace is being written. */
async function summaryOf(store: Store, timeline: Timeline): Promise<Summary> {
  const { items } = await store.search({ text: timeline.traceId, limit: 1 })
  return items.find(({ traceId }) => traceId === timeline.traceId) ?? summarise(timeline)
}

function spansOf(timeline: Timeline, spanId: string): SpansJson {
  const spans = timeline.spans.filter((span) => span.spanId === spanId).map(spanDetailJson)
  if (spans.length > 0) return { spans }
  throw new QueryFault(404, 'not_found', `The timeline of ${timeline.traceId} has no span ${spanId.slice(0, 16)}.`)
}

/** Whether the body of a request sets a switch on. */
async function wanted(request: HttpRequest): Promise<boolean> {
  if (!sameSite(request))
    throw new QueryFault(403, 'cross_site', 'Switches are set from the page itself, or by a program such as curl.')
  if (!/^application\/json\b/i.test(request.header('content-type') ?? '')) {
    throw new QueryFault(415, 'not_json', 'Send {"on": true} or {"on": false} with Content-Type: application/json.')
  }
  const body = await request.json()
  const on = (body as { on?: unknown } | null)?.on
  if (typeof on !== 'boolean') throw new QueryFault(400, 'bad_switch', 'Send {"on": true} or {"on": false}.')
  return on
}

function only(request: HttpRequest, method: 'GET' | 'POST'): void {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return
  throw new QueryFault(405, 'bad_method', `This address answers ${method} only.`)
}

/** Each view of the API, and its path. What they answer is said in `wire/`; faults become ErrorJson in `server.ts`. */
export function apiUrls(parts: ApiParts): UrlPattern[] {
  const { store, recent, news, controls } = parts
  const jaeger = ({ traceId }: Timeline): string | undefined =>
    parts.jaegerUrl === undefined ? undefined : `${parts.jaegerUrl}/trace/${traceId}`
  const get = <K>(answer: (kwargs: K, request: HttpRequest) => unknown) =>
    async function view(request: HttpRequest, kwargs: K): Promise<HttpResponse> {
      only(request, 'GET')
      return json(await answer(kwargs, request))
    }
  const flip = async (request: HttpRequest, { id }: { id: string }): Promise<HttpResponse> => {
    only(request, 'POST')
    const on = await wanted(request)
    if (!controls.list().some((control) => control.id === id)) throw new QueryFault(404, 'not_found', 'There is no such switch.')
    await controls.set(id, on)
    return json({ controls: [...controls.list()] } satisfies ControlsJson)
  }
  const live = (request: HttpRequest): HttpResponse => {
    only(request, 'GET')
    const pieces = news.read(request.header('last-event-id'))
    return new StreamingHttpResponse(pieces, { contentType: 'text/event-stream', headers: FRESH })
  }
  return [
    path(
      'timelines',
      get((_, request) => list(store, listQuery(request.query))),
    ),
    path(
      'timelines/<str:id>',
      get(async ({ id }: { id: string }) => {
        const timeline = await found(recent, id)
        return timelineJson(timeline, jaeger(timeline))
      }),
    ),
    path(
      'timelines/<str:id>/outline',
      get(async ({ id }: { id: string }) => {
        const timeline = await found(recent, id)
        return outlineJson(timeline, summaryJson(await summaryOf(store, timeline)), jaeger(timeline))
      }),
    ),
    path(
      'timelines/<str:id>/spans/<str:span>',
      get(async ({ id, span }: { id: string; span: string }) => spansOf(await found(recent, id), span)),
    ),
    path(
      'compare',
      get((_, request) => {
        const now = Date.now()
        return windowsJson(windowsQuery(request.query, now), { store, engine: parts.alerts, now })
      }),
    ),
    path('live', live),
    path(
      'status',
      get(() => statusJson(parts.stats(), store, parts.arrivals, parts.version, parts.agents.list())),
    ),
    path(
      'controls',
      get(() => ({ controls: [...controls.list()] }) satisfies ControlsJson),
    ),
    path('controls/<str:id>', flip),
  ]
}
