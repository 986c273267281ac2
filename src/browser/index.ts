import { callsOf } from './calls.ts'
import { spansOf } from './request.ts'
import { quietly } from './quietly.ts'
import { senderTo } from './sender.ts'
import { randomId } from './span.ts'
import { later } from './timers.ts'
import { tracerOf } from './tracer.ts'
import { answeredBy, isFresh, visitOf } from './visit.ts'
import { watchFetch } from './watch-fetch.ts'
import { watchXhr } from './watch-xhr.ts'

/** How a page is watched. */
export interface BrowserOptions {
  /**
   * Where OTLP goes, without `/v1/traces`: a collector that allows the page's origin (`phaseline collect --origin …`), or a path of the
   * page's own site that a proxy sends there.
   */
  readonly endpoint: string
  /** `service.name`; `browser` by default. */
  readonly serviceName?: string
  /** Further resource attributes. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Sent with the spans, say `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Origins besides the page's own that get a `traceparent`: `https://api.shop.example`. They must allow the header (CORS). */
  readonly propagateTo?: readonly string[]
  /** Of pages whose server says nothing of its own decision, which is otherwise followed: the share that is recorded (1). */
  readonly ratio?: number
}

/** On the page itself: a script tag and a bundle have a copy of this module each. */
const WATCHED = Symbol.for('phaseline.browser')
const page = globalThis as { [WATCHED]?: boolean }

/**
 * Shows the browser's side of requests: of the one for this page, with DNS, connect, TLS, wait and receive, and of every `fetch` and
 * XMLHttpRequest of its scripts. The server's spans hang under them. Sends OTLP as JSON, within a second and when the page is
 * left. A second call on a page does nothing. Never throws: the page comes first.
 * @returns stops watching, and sends what there is
 */
export function observeBrowser(options: BrowserOptions): () => void {
  let undo = (): void => {}
  if (!page[WATCHED]) quietly(() => (undo = observe(options)))
  return undo
}

function observe({ endpoint, headers = {}, propagateTo = [], ratio = 1, ...named }: BrowserOptions): () => void {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  const server = answeredBy(navigation)
  const sampled = server?.sampled ?? Math.random() < ratio
  const sender = senderTo({ endpoint: new URL(endpoint, document.baseURI).href, resource: resourceOf(named), headers }, fetch)
  const calls = callsOf((request, timing) => quietly(() => sender.add(spansOf(request, timing))))
  const tracer = tracerOf({ sampled, propagateTo }, calls)
  let visited = !sampled
  const visit = (): void => {
    // Hidden, or left, before all of it had come: Firefox names an end all the same.
    if (visited || !navigation?.responseEnd || !server || !isFresh(navigation) || document.readyState === 'loading') return
    visited = true
    quietly(() => sender.add(visitOf(navigation, server)))
  }
  const send = (): void => {
    visit()
    sender.flush()
  }
  page[WATCHED] = true
  const undo = [
    () => void delete page[WATCHED],
    () => tracer.close(),
    watchFetch(tracer),
    watchXhr(tracer),
    whenLoaded(visit),
    // The last that a page on a telephone hears.
    on(document, 'visibilitychange', () => document.visibilityState === 'hidden' && send()),
    on(globalThis, 'pagehide', () => (tracer.leave(), calls.left(), send())),
    () => calls.close(),
    send,
  ]
  return () => undo.splice(0).forEach((back) => back())
}

/** A page has no machine that it may name: its clock is its own. */
function resourceOf({
  serviceName = 'browser',
  attributes = {},
}: Pick<BrowserOptions, 'serviceName' | 'attributes'>): Record<string, string> {
  return {
    'service.name': serviceName,
    'service.instance.id': randomId(16),
    'telemetry.sdk.name': 'phaseline',
    'telemetry.sdk.language': 'webjs',
    ...attributes,
  }
}

/** After the page's own listeners: what they took belongs to the page. */
function whenLoaded(then: () => void): () => void {
  const loaded = (): void => void later(then, 0)
  if (document.readyState === 'complete') loaded()
  return on(globalThis, 'load', loaded)
}

function on(target: EventTarget, event: string, then: () => unknown): () => void {
  target.addEventListener(event, then)
  return () => target.removeEventListener(event, then)
}
