import type { PhaseId } from '../../src/model/phases.ts'
import { PHASES } from '../../src/model/phases.ts'
import type { Resource, Span, Value } from '../../src/model/span.ts'

/** A span of a made-up trace: when it was, in microseconds from the start, and what was inside it. */
export interface Part {
  readonly phase: PhaseId | null
  readonly name: string
  readonly from: number
  readonly to: number
  readonly attributes?: Readonly<Record<string, Value>>
  readonly service?: string
  readonly inside?: readonly Part[]
  readonly failed?: string
}

const part = (phase: PhaseId | null, name: string, from: number, to: number, more: Partial<Part> = {}): Part => ({
  phase,
  name,
  from,
  to,
  ...more,
})

const CHAIN = ['Security', 'Session', 'Locale', 'Common', 'Csrf', 'Authentication', 'Messages'].map((name) => `${name}Middleware`)

/** The nanosecond at which traces begin that say nothing else. */
export const EPOCH = 1_795_000_000_000_000_000n

function hook(index: number, name: string, phase: PhaseId, method: string, from: number, to: number): Part {
  return part(phase, `${name} ${method}`, from, to, {
    attributes: {
      'phaseline.middleware.name': name,
      'phaseline.middleware.hook': method,
      'phaseline.middleware.index': index,
      'code.function.name': `${name}.${method}`,
      'code.file.path': `shop/middleware/${name.replace('Middleware', '').toLowerCase()}.ts`,
      'code.line.number': 12 + index,
    },
  })
}

const WAY_IN = [180, 2100, 90, 60, 140, 1500, 70]
const WAY_OUT = [60, 900, 50, 380, 70, 30, 40]

function query(text: string, from: number, to: number): Part {
  return part('db', 'SELECT book', from, to, {
    attributes: { 'db.system.name': 'sqlite', 'db.query.text': text, 'db.namespace': 'shop.db', 'db.operation.name': 'SELECT' },
  })
}

/** The app's handler: seven middlewares in, the view with its model and queries, the template, seven out. */
function handler(from: number, slow: number): { part: Part; end: number } {
  let at = from + 20
  const step = (length: number): [number, number] => [at + 5, (at += length + 5)]
  const wayIn = CHAIN.map((name, index) =>
    hook(index, name, 'middleware.request', 'process_request', ...step((WAY_IN[index] as number) + (index === 1 ? slow : 0))),
  )
  const resolve = part('resolve', 'resolve', ...step(45), { attributes: { 'http.route': '/books/<int:id>/' } })
  const byView = hook(4, 'CsrfMiddleware', 'middleware.view', 'process_view', ...step(110))
  const viewFrom = at + 5
  const view = part('view', 'view book_detail', viewFrom, viewFrom + 7400, {
    attributes: { 'code.function.name': 'book_detail', 'code.file.path': 'shop/views.ts', 'code.line.number': 42 },
    inside: [
      part('model', 'Book.get', viewFrom + 300, viewFrom + 3900, {
        inside: [query('SELECT * FROM book WHERE id = ?', viewFrom + 420, viewFrom + 3650)],
      }),
      part('model', 'Review.latest', viewFrom + 4100, viewFrom + 6900, {
        inside: [query('SELECT * FROM review WHERE book_id = ? LIMIT 10', viewFrom + 4200, viewFrom + 6700)],
      }),
    ],
  })
  at = viewFrom + 7400
  const byTemplate = hook(6, 'MessagesMiddleware', 'middleware.template_response', 'process_template_response', ...step(80))
  const render = part('render', 'render book.html', ...step(2900), { attributes: { 'phaseline.template.name': 'book.html' } })
  const wayOut = CHAIN.map((name, index) => [name, index] as const)
    .reverse()
    .map(([name, index]) => hook(index, name, 'middleware.response', 'process_response', ...step(WAY_OUT[index] as number)))
  const inside = [...wayIn, resolve, byView, view, byTemplate, render, ...wayOut]
  return { part: part('handler', 'handler', from, at + 25, { inside }), end: at + 25 }
}

/** One request of the bookshop through every phase there is, about 30 ms. @param slow microseconds more in the session middleware */
export function bookshop(slow = 0): Part {
  const gatewayFrom = 12_900
  const { part: handled, end } = handler(gatewayFrom + 90, slow)
  const gateway = part('gateway', 'GET /books/<int:id>/', gatewayFrom, end + 420, {
    service: 'bookshop',
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/books/<int:id>/',
      'http.response.status_code': 200,
      'url.path': '/books/7/',
    },
    inside: [handled, part('respond', 'respond', end + 30, end + 400)],
  })
  const proxy = part('proxy', 'GET', 11_700, end + 1100, {
    service: 'edge',
    attributes: { 'phaseline.proxy.name': 'phaseline', 'http.request.method': 'GET', 'http.response.status_code': 200 },
    inside: [
      part('proxy.receive', 'proxy receive', 11_720, 11_900),
      part('proxy.connect', 'proxy connect', 11_950, 12_600),
      part('proxy.wait', 'proxy wait', 12_620, end + 60),
      gateway,
      part('proxy.respond', 'proxy respond', end + 70, end + 1050),
    ],
  })
  return part('client', 'GET', 0, end + 2300, {
    service: 'traffic',
    attributes: { 'http.request.method': 'GET', 'url.full': 'https://books.example/books/7/', 'http.response.status_code': 200 },
    inside: [
      part('client.wait', 'wait for connection', 40, 310),
      part('dns', 'DNS lookup books.example', 330, 2900, { attributes: { 'dns.question.name': 'books.example' } }),
      part('connect', 'socket connect 127.0.0.1:8443', 2920, 4100),
      part('tls', 'TLS client handshake books.example', 4110, 11_000, { attributes: { 'tls.protocol.version': '1.3' } }),
      part('client.send', 'send request', 11_050, 11_400),
      part('client.ttfb', 'wait for response', 11_400, end + 1300),
      proxy,
      part('client.receive', 'receive response', end + 1310, end + 2280),
    ],
  })
}

function resourceOf(service: string): Resource {
  return {
    service,
    host: 'one-machine',
    attributes: new Map<string, Value>([
      ['service.name', service],
      ['host.name', 'one-machine'],
    ]),
  }
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

function kindOf(each: Part): Span['kind'] {
  return each.phase === null ? 'INTERNAL' : PHASES[each.phase].spanKind
}

function attributesOf(each: Part): Map<string, Value> {
  const own: [string, Value][] =
    each.phase === null
      ? []
      : [
          ['phaseline.phase', each.phase],
          ['phaseline.stage', PHASES[each.phase].stage],
        ]
  return new Map([...own, ...Object.entries(each.attributes ?? {})])
}

/**
 * A tree of parts as the spans that a collector would receive. Ids are made from the trace's number and the place in the tree.
 * @param number which trace it is: a small whole number above 0
 * @param zero nanoseconds since the epoch at which the trace starts
 */
export function spansOf(root: Part, number = 1, zero: bigint = EPOCH): Span[] {
  const spans: Span[] = []
  const open: { each: Part; parent: string | null; service: string }[] = [{ each: root, parent: null, service: 'app' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { each, parent } = next
    const service = each.service ?? next.service
    const spanId = hex(number, 8) + hex(spans.length + 1, 8)
    spans.push({
      traceId: hex(number, 32),
      spanId,
      parentSpanId: parent,
      name: each.name,
      kind: kindOf(each),
      start: zero + BigInt(Math.round(each.from * 1000)),
      end: zero + BigInt(Math.round(each.to * 1000)),
      status: each.failed === undefined ? 'unset' : 'error',
      statusMessage: each.failed ?? '',
      traceState: '',
      flags: 1,
      attributes: attributesOf(each),
      events: [],
      links: [],
      resource: resourceOf(service),
      scope: { name: 'phaseline', version: '0.1.0', attributes: new Map() },
    })
    for (const inner of [...(each.inside ?? [])].reverse()) open.push({ each: inner, parent: spanId, service })
  }
  return spans
}
