import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const SCRIPT = new URL('../../dist/browser/phaseline.js', import.meta.url)
export const TRACE = '0af7651916cd43dd8448eb211c80319c'
export const SPAN = 'b7ad6b7169203331'

/** A span as the page sent it: attributes as an object, times in ms. */
export interface Sent {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  start: number
  end: number
  failed: boolean
  attributes: Record<string, string>
  events: string[]
  service: string
}

/** Whether a span is of that phase. */
export const phase =
  (name: string) =>
  (span: Sent): boolean =>
    span.attributes['phaseline.phase'] === name

/** Whether a span is a whole request to that path. */
export const to =
  (path: string) =>
  (span: Sent): boolean =>
    phase('client')(span) && (span.attributes['url.full'] ?? '').includes(path)

interface KeyValue {
  key: string
  value: { stringValue?: string; intValue?: string | number; boolValue?: boolean }
}

const values = (list: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue ?? value.boolValue)]))

/** A collector for pages of any origin: keeps what comes, and can be waited on. */
export class Sink {
  readonly spans: Sent[] = []
  /** How many bytes each body had. */
  readonly sizes: number[] = []
  readonly server: Server = createServer((request, response) => void this.take(request, response))
  private readonly waiting: (() => void)[] = []
  private wrong: unknown

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Never rejects: what came whole and is wrong is told to who waits. */
  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'content-type')
    // A page that is closed gives up what it was sending.
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    try {
      if (request.method === 'POST') this.keep(JSON.parse(body) as Body)
    } catch (error) {
      this.wrong = error
    }
    this.sizes.push(body.length)
    response.setHeader('content-type', 'application/json').end('{}')
    for (const each of this.waiting.splice(0)) each()
  }

  private keep({ resourceSpans }: Body): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = values(resource.attributes)['service.name'] ?? ''
      for (const { attributes, events = [], status, startTimeUnixNano, endTimeUnixNano, ...span } of scopeSpans[0].spans) {
        const times = { start: Number(startTimeUnixNano) / 1e6, end: Number(endTimeUnixNano) / 1e6 }
        const failed = status?.code === 2
        this.spans.push({
          ...span,
          ...times,
          failed,
          service,
          attributes: values(attributes),
          events: events.map(({ name }) => name),
        })
      }
    }
  }

  /** The first span of which this holds, come when it may. */
  async find(holds: (span: Sent) => boolean): Promise<Sent> {
    for (;;) {
      if (this.wrong !== undefined) throw this.wrong
      const found = this.spans.find(holds)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }
}

interface Body {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: [{ spans: Raw[] }] }[]
}

interface Raw {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: KeyValue[]
  events?: { name: string }[]
  status?: { code: number }
  startTimeUnixNano: string
  endTimeUnixNano: string
}

/** A site of one page, which names the span that answered, and whatever a script may ask for. */
export class Site {
  /** What came with the requests to a path, the last of them. */
  readonly asked = new Map<string, IncomingHttpHeaders>()
  /** How often each path was asked for. */
  readonly times = new Map<string, number>()
  /** Answers of a test's own, by path. */
  readonly routes = new Map<string, (response: ServerResponse, request: IncomingMessage) => void>()
  /** What `Server-Timing` says of the trace; none for ''. */
  traceparent = `00-${TRACE}-${SPAN}-01`
  readonly server: Server = createServer((request, response) => this.answer(request, response))
  /** The script's tag. */
  readonly tag: string

  /** @param data attributes of the script's tag beside its address */
  constructor(data: Readonly<Record<string, string>>) {
    const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${value}"`)
    this.tag = `<script src="/phaseline.js"${attributes.join('')}></script>`
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0] as string
    this.asked.set(path, request.headers)
    this.times.set(path, (this.times.get(path) ?? 0) + 1)
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'traceparent')
    response.setHeader('timing-allow-origin', '*')
    const route = this.routes.get(path)
    if (route !== undefined) route(response, request)
    else if (path === '/phaseline.js') response.setHeader('content-type', 'text/javascript').end(readFileSync(SCRIPT))
    else if (path.startsWith('/data')) response.writeHead(path === '/data/none' ? 404 : 200).end('data')
    else if (path === '/broken') request.socket.destroy()
    else this.page(response)
  }

  private page(response: ServerResponse): void {
    this.head(response).setHeader('cache-control', 'max-age=600').end(this.html())
  }

  /** The head of a page's answer. */
  head(response: ServerResponse): ServerResponse {
    if (this.traceparent !== '') response.setHeader('server-timing', `traceparent;desc="${this.traceparent}"`)
    return response.setHeader('content-type', 'text/html')
  }

  /** @param before what stands before the script's tag @param after what stands behind it */
  html(before = '', after = '<a href="/next">next</a>'): string {
    return `<!doctype html><link rel="icon" href="data:,"><title>page</title>${before}${this.tag}${after}`
  }
}

/** On any free port of this machine. */
export async function listening(server: Server): Promise<void> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
}

export function gone(server: Server): void {
  server.close()
  server.closeAllConnections()
}
