import { otlpJson, spanJson } from './otlp.ts'
import type { BrowserSpan } from './span.ts'
import { later } from './timers.ts'

/** Where spans go. */
export interface Destination {
  /** The collector, without `/v1/traces`. */
  readonly endpoint: string
  readonly resource: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/** How long spans wait for others, in ms. */
const DELAY = 1_000
/** Where nobody takes them: that twice over each time, at most so often. */
const DOUBLINGS = 8
/** Of the 64 KiB that a browser sends for pages that are left, the page's own scripts are to find the half. */
const KEPT = 32_000
/** Of the spans of one request; some 50. */
const BATCH = 25_000
/** Beyond, the oldest are dropped: nobody answers. */
const MOST = 600

export interface Sender {
  add(spans: readonly BrowserSpan[]): void
  /** Sends what waits, at once. */
  flush(): void
}

/**
 * Sends spans together, and whatever waits when the page is left. Never throws; what the collector does not take is lost.
 * @param fetch the page's own, as it was before it was watched
 */
export function senderTo({ endpoint, resource, headers }: Destination, fetch: typeof globalThis.fetch): Sender {
  let waiting: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let kept = 0
  let failures = 0

  const ask = async (init: RequestInit): Promise<boolean> => {
    const own: RequestInit = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, credentials: 'omit' }
    return (await fetch.call(globalThis, `${endpoint.replace(/\/$/, '')}/v1/traces`, { ...own, ...init })).ok
  }
  const post = async (body: string): Promise<void> => {
    const keepalive = kept + body.length <= KEPT
    const size = keepalive ? body.length : 0
    kept += size
    failures = (await ask({ body, keepalive }).catch(() => false)) ? 0 : failures + 1
    kept -= size
  }
  const batch = (): string[] => {
    let [count, size] = [0, 0]
    for (const { length } of waiting) if ((size += length) <= BATCH) count++
    return waiting.splice(0, count || 1)
  }
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    while (waiting.length > 0) void post(otlpJson(resource, batch()))
  }
  return {
    add(spans) {
      const origin = timeOrigin()
      waiting = [...waiting, ...spans.map((span) => spanJson(span, origin))].slice(-MOST)
      timer ??= later(flush, DELAY * 2 ** Math.min(failures, DOUBLINGS))
    },
    flush,
  }
}

/**
 * What `performance.now()` counts from, ms since 1970. While a machine sleeps it stands still in some browsers, and somebody may set
 * the clock of a page that is open for days.
 */
function timeOrigin(): number {
  const now = Date.now() - performance.now()
  return Math.abs(now - performance.timeOrigin) > 1_000 ? now : performance.timeOrigin
}
