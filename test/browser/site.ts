import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

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

interface KeyValue {
  key: string
  value: { stringValue?: string; intValue?: string }
}

const values = (list: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']))

/** A collector for pages of any origin: keeps what comes, and can be waited on. */
export class Sink {
  readonly spans: Sent[] = []
  readonly server: Server = createServer((request, response) => {
    this.take(request, response).catch((error: unknown) => {
      // A page that is closed gives up what it was sending; what came whole and is wrong is the script's fault.
      if (request.complete) throw error
    })
  })
  private readonly waiting: (() => void)[] = []

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'content-type')
    if (request.method === 'POST') this.keep((await json(request)) as Body)
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
  /** What `Server-Timing` says of the trace; none for ''. */
  traceparent = `00-${TRACE}-${SPAN}-01`
  readonly server: Server = createServer((request, response) => this.answer(request, response))
  private readonly tag: string

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
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', 'traceparent')
    response.setHeader('timing-allow-origin', '*')
    if (path === '/phaseline.js') response.setHeader('content-type', 'text/javascript').end(readFileSync(SCRIPT))
    else if (path.startsWith('/data')) response.writeHead(path === '/data/none' ? 404 : 200).end('data')
    else if (path === '/broken') request.socket.destroy()
    else this.page(response)
  }

  private page(response: ServerResponse): void {
    response.setHeader('content-type', 'text/html').setHeader('cache-control', 'max-age=600')
    if (this.traceparent !== '') response.setHeader('server-timing', `traceparent;desc="${this.traceparent}"`)
    response.end(`<!doctype html><link rel="icon" href="data:,"><title>page</title>${this.tag}<a href="/next">next</a>`)
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
