import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type HttpResponse,
  include,
  JsonResponse,
  lifecycle,
  path,
  type App,
  type GetResponse,
  type HttpRequest,
  type LogRecord,
} from '../lifecycle/index.ts'
import { PhaselineError } from '../model/errors.ts'
import { hex32, random32 } from '../model/ids.ts'
import { unwatched } from '../model/unwatched.ts'
import type { Store } from '../store/contract.ts'
import type { AlertEngine } from '../alerts/engine.ts'
import type { MetricPoint } from '../model/metric.ts'
import { Agents } from './agents.ts'
import { alertUrls, metricsUrl } from './alert-urls.ts'
import { Arrivals } from './arrivals.ts'
import { apiUrls, type Controls } from './api.ts'
import { errorJson, QueryFault } from './fault.ts'
import { knownHost } from './guard.ts'
import { jaegerUrls } from './jaeger/urls.ts'
import { news, type Live, type NewsOptions } from './live.ts'
import { PAGE, SECURITY } from './page.ts'
import { pageUrls } from './page-urls.ts'
import { recent } from './recent.ts'
import { statusJson, type Stats } from './status.ts'

/** What the viewer's server reads from, and where it listens. */
export interface ServeOptions extends NewsOptions {
  readonly store: Store
  /** Who tells of new and changed timelines. */
  readonly live: Live
  readonly stats: () => Stats
  /** Who tells of metrics as they come: agents say in them what they cost. @returns a function that ends it */
  readonly onMetrics?: (listener: (points: readonly MetricPoint[]) => void) => () => void
  /** What alerts are evaluated by: gives `/api/alerts`, `/api/middleware` and `/metrics`. */
  readonly alerts?: AlertEngine
  /** Switches for the page's header; none by default. */
  readonly controls?: Controls
  /** The address of a Jaeger's page: timelines link to it. */
  readonly jaegerUrl?: string
  /** 7427 (PHAS on a telephone's keys) by default; 0 for any that is free. */
  readonly port?: number
  /** 127.0.0.1 by default. */
  readonly host?: string
  /** Names in `Host` headers that are accepted beside the local ones. */
  readonly allowedHosts?: readonly string[]
  /** The built page; `dist/page` of the package by default. */
  readonly page?: string
}

/** A running viewer. */
export interface Serving {
  /** Where people find it: `http://127.0.0.1:7427`. */
  readonly url: string
  readonly port: number
  /** Ends all streams and stops listening. */
  close(): Promise<void>
}

const NO_CONTROLS: Controls = { list: () => [], set: () => {} }

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** Every response gets the headers that protect the page; strangers' hosts get nothing else. */
function protect(allowed: readonly string[]) {
  return (next: GetResponse): GetResponse =>
    async function guard(request) {
      const response = knownHost(request.header('host'), allowed) ? await next(request) : stranger()
      for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value)
      return response
    }
}

function stranger(): JsonResponse {
  const message = 'This host name is not ours (a guard against DNS rebinding). Use 127.0.0.1 or localhost, or allow the name.'
  return new JsonResponse({ error: { code: 'unknown_host', message } }, { status: 421 })
}

/** What went wrong, as JSON. What is not our own doing is written to the terminal by the framework. */
function explain(
  error: unknown,
  _request: HttpRequest,
  _layer: string,
  make: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (!(error instanceof PhaselineError) || !(error instanceof QueryFault || error.code === 'bad_cursor')) return make()
  const { status, body } = errorJson(error)
  return Promise.resolve(new JsonResponse(body, { status }))
}

function page(request: HttpRequest, status: number, error: unknown): HttpResponse {
  if (status === 500) return new JsonResponse(errorJson(error).body, { status })
  const message = status === 404 ? `There is nothing at ${request.path.slice(0, 200)}.` : 'The request is malformed.'
  return new JsonResponse({ error: { code: status === 404 ? 'not_found' : 'bad_request', message } }, { status })
}

/** Only what is our fault: people mistype addresses. */
function log({ level, message, error }: LogRecord): void {
  if (level === 'error' && error !== undefined) console.error(`phaseline: ${message}`, error)
}

/**
 * Serves the page and the API. A lifecycle application: what we sell, we use.
 * @throws PhaselineError `port_taken` if somebody else listens there
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { store, live, stats, controls = NO_CONTROLS, port = 7427, host = '127.0.0.1' } = options
  const feed = news(live, hex32(random32()), options)
  const kept = recent(store, live)
  const arrivals = new Arrivals()
  const unlearn = live.subscribe((_summary, timeline) => timeline !== undefined && arrivals.learn(timeline))
  const agents = new Agents()
  const unheard = options.onMetrics?.((points) => agents.learn(points))
  const jaegerUrl = options.jaegerUrl?.replace(/\/+$/, '')
  const { alerts } = options
  const api = apiUrls({
    store,
    recent: kept,
    news: feed,
    arrivals,
    agents,
    stats,
    controls,
    alerts,
    version: version(),
    jaegerUrl,
  })
  const app: App = lifecycle({
    urls: [
      path('api/', include([...api, ...(alerts === undefined ? [] : alertUrls(alerts)), ...jaegerUrls(store, alerts)])),
      ...(alerts === undefined ? [] : [metricsUrl(alerts, () => statusJson(stats(), store, arrivals, version(), agents.list()))]),
      ...pageUrls(options.page ?? PAGE),
    ],
    middleware: [protect([host, ...(options.allowedHosts ?? [])])],
    appendSlash: false,
    // Files that Jaeger's page wants transformed.
    dataUploadMaxMemorySize: 64 * 1024 * 1024,
    convertException: explain,
    errorPage: page,
    log,
  })
  const server = unwatched(createServer(app))
  const bound = await listen(server, port, host)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    async close() {
      unlearn()
      unheard?.()
      feed.close()
      kept.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    // Also later: a connection that the system could not give us (EMFILE) ends nothing.
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      const message = `Port ${port}, where the page would be, is taken. Stop who has it, or choose another with --port.`
      return reject(new PhaselineError('port_taken', message, { cause: error }))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
