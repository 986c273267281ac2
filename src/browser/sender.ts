import { otlpJson } from './otlp.ts'
import type { BrowserSpan } from './span.ts'

/** Where spans go. */
export interface Destination {
  /** The collector, without `/v1/traces`. */
  readonly endpoint: string
  readonly resource: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/** How long spans wait for others, in ms. */
const DELAY = 1_000
/** A browser sends 64 KiB at most for a page that is left; this is some 30. */
const BATCH = 60
/** Beyond, the oldest are dropped: nobody answers. */
const MOST = 600

/** Sends spans together, and whatever waits when the page is left. Never throws; what the collector does not take is lost. */
export class Sender {
  private readonly to: Destination
  /** The page's own, as it was before it was watched. */
  private readonly fetch: typeof globalThis.fetch
  private waiting: BrowserSpan[] = []
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(to: Destination, fetch: typeof globalThis.fetch) {
    this.to = to
    this.fetch = fetch
  }

  add(spans: readonly BrowserSpan[]): void {
    this.waiting.push(...spans)
    this.waiting.splice(0, this.waiting.length - MOST)
    this.timer ??= setTimeout(() => this.flush(), DELAY)
  }

  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    while (this.waiting.length > 0) this.post(this.waiting.splice(0, BATCH))
  }

  private post(spans: readonly BrowserSpan[]): void {
    const { endpoint, resource, headers } = this.to
    const init: RequestInit = {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: otlpJson(resource, spans),
      keepalive: true,
      credentials: 'omit',
    }
    this.fetch.call(globalThis, `${endpoint.replace(/\/$/, '')}/v1/traces`, init).catch(() => {})
  }
}
