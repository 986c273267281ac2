import type { AlertsJson } from '../query/wire/alerts.ts'
import type { ControlsJson } from '../query/wire/controls.ts'
import type { ErrorJson } from '../query/wire/json.ts'
import type { ListJson } from '../query/wire/list.ts'
import type { MiddlewareJson } from '../query/wire/middleware.ts'
import type { OutlineJson } from '../query/wire/outline.ts'
import type { StatusJson } from '../query/wire/status.ts'
import type { SpansJson } from '../query/wire/timeline.ts'
import type { WindowsJson } from '../query/wire/windows.ts'
import { queryOf, type Filter } from './filter.ts'

/** What the API refused, or why it could not be reached; the message says what to do. */
export class ApiError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const UNREACHABLE =
  'The collector does not answer. If it was stopped, start it again with: npx phaseline collect. The page reconnects by itself.'

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error
    throw new ApiError('unreachable', UNREACHABLE)
  })
  if (response.ok) return (await response.json()) as T
  const { error } = (await response.json().catch(() => ({ error: undefined }))) as Partial<ErrorJson>
  throw new ApiError(error?.code ?? String(response.status), error?.message ?? `The collector answered ${response.status}.`)
}

const get = <T>(path: string, signal?: AbortSignal): Promise<T> => call<T>(path, signal === undefined ? {} : { signal })

/** A page of the list, newest first. @param cursor `next` of the page before */
export function list(filter: Filter, cursor: string | null, signal?: AbortSignal): Promise<ListJson> {
  const query = new URLSearchParams(queryOf(filter))
  query.set('limit', '100')
  if (cursor !== null) query.set('cursor', cursor)
  return get(`/api/timelines?${query}`, signal)
}

/** What drawing one timeline needs. */
export function outline(traceId: string, signal?: AbortSignal): Promise<OutlineJson> {
  return get(`/api/timelines/${traceId}/outline`, signal)
}

/** Everything about a span. */
export function spans(traceId: string, spanId: string, signal?: AbortSignal): Promise<SpansJson> {
  return get(`/api/timelines/${traceId}/spans/${spanId}`, signal)
}

/** How the collector is doing. */
export function status(signal?: AbortSignal): Promise<StatusJson> {
  return get('/api/status', signal)
}

/** What fires, what is pending, what was. */
export function alerts(signal?: AbortSignal): Promise<AlertsJson> {
  return get('/api/alerts', signal)
}

/** The figures of middlewares, or of another phase. @param query `phase`, `service`, `route`, `windowMs` */
export function middleware(query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<MiddlewareJson> {
  return get(`/api/middleware?${new URLSearchParams(query)}`, signal)
}

/** What changed from one window of time to another. @param query of a URL, `?` included, or empty */
export function windows(query: string, signal?: AbortSignal): Promise<WindowsJson> {
  return get(`/api/compare${query}`, signal)
}

/** The switches there are. */
export function controls(signal?: AbortSignal): Promise<ControlsJson> {
  return get('/api/controls', signal)
}

/** Sets a switch; gives all of them as they are now. */
export function setControl(id: string, on: boolean): Promise<ControlsJson> {
  return call(`/api/controls/${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ on }),
  })
}
