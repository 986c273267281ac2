import type { SpanJson, TimelineJson } from '../../src/query/wire/timeline.ts'

/** A span of a made-up timeline: times in ms from its start. */
export interface Sketch {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly phase?: string
  readonly service?: string
  readonly error?: string
  readonly attributes?: SpanJson['attributes']
  readonly children?: readonly Sketch[]
}

const ns = (ms: number): bigint => BigInt(Math.round(ms * 1e6))

/** A timeline of a tree of sketches, as the query API would give it; children must not overlap. */
export function timelineOf(root: Sketch, more: Partial<TimelineJson> = {}): TimelineJson {
  const spans: SpanJson[] = []
  const add = (sketch: Sketch, parent: SpanJson | null): void => {
    const { name, from, to, phase = null, children = [], error } = sketch
    const busy = children.reduce((sum, child) => sum + ns(child.to) - ns(child.from), 0n)
    const id = (spans.length + 1).toString(16).padStart(16, '0')
    const span: SpanJson = {
      spanId: id,
      parentSpanId: parent?.spanId ?? null,
      recordedParentSpanId: parent?.spanId ?? null,
      synthetic: false,
      service: sketch.service ?? parent?.service ?? 'app',
      host: 'host',
      name,
      kind: 'INTERNAL',
      phase,
      start: String(ns(from)),
      end: String(ns(to)),
      rawStart: String(ns(from)),
      rawEnd: String(ns(to)),
      selfNs: String(ns(to) - ns(from) - busy),
      criticalNs: String(ns(to) - ns(from) - busy),
      slackNs: '0',
      dragNs: '0',
      depth: parent === null ? 0 : parent.depth + 1,
      error: error !== undefined,
      warnings: [],
      statusMessage: '',
      attributes: { ...sketch.attributes, ...(error !== undefined && { 'error.type': error }) },
      events: [],
    }
    spans.push(span)
    children.forEach((child) => add(child, span))
  }
  add(root, null)
  const phases: Record<string, string> = {}
  for (const span of spans) {
    const key = span.phase ?? 'other'
    phases[key] = String(BigInt(phases[key] ?? '0') + BigInt(span.selfNs))
  }
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    version: '1',
    root: '0000000000000001',
    start: String(ns(root.from)),
    end: String(ns(root.to)),
    durationNs: String(ns(root.to) - ns(root.from)),
    spans,
    criticalPath: [],
    gaps: [],
    clocks: [],
    phases,
    warnings: {},
    ...more,
  }
}

/** A book page, as the demo gives it, in short. */
export const BOOK_PAGE: Sketch = {
  name: 'GET',
  phase: 'client',
  service: 'traffic',
  from: 0,
  to: 20,
  attributes: { 'http.request.method': 'GET', 'url.full': 'https://localhost:8443/books/3/', 'http.response.status_code': 200 },
  children: [
    {
      name: 'wait for connection',
      phase: 'client.wait',
      from: 0,
      to: 6,
      children: [
        { name: 'DNS lookup localhost', phase: 'dns', from: 0.5, to: 1.25 },
        { name: 'socket connect 127.0.0.1:8443', phase: 'connect', from: 1.25, to: 1.5 },
        { name: 'TLS client handshake localhost', phase: 'tls', from: 1.5, to: 6 },
      ],
    },
    { name: 'send request', phase: 'client.send', from: 6, to: 6.1 },
    {
      name: 'wait for response',
      phase: 'client.ttfb',
      from: 6.1,
      to: 19,
      children: [
        {
          name: 'GET',
          phase: 'proxy',
          service: 'proxy',
          from: 6.5,
          to: 18.75,
          children: [
            {
              name: 'proxy wait',
              phase: 'proxy.wait',
              from: 7,
              to: 18,
              children: [
                {
                  name: 'GET /books/<int:id>/',
                  phase: 'gateway',
                  service: 'bookshop',
                  from: 7.5,
                  to: 17.5,
                  children: [
                    { name: 'SessionMiddleware process_request', phase: 'middleware.request', from: 8, to: 12 },
                    {
                      name: 'view book_detail',
                      phase: 'view',
                      from: 12,
                      to: 16,
                      children: Array.from({ length: 5 }, (_, index) => ({
                        name: 'SELECT review',
                        phase: 'db',
                        from: 12.5 + index * 0.5,
                        to: 12.75 + index * 0.5,
                      })),
                    },
                    { name: 'render book.html', phase: 'render', from: 16, to: 17, error: 'TypeError' },
                  ],
                },
              ],
            },
          ],
        },
      ],
    },
    { name: 'receive response', phase: 'client.receive', from: 19, to: 20 },
  ],
}
