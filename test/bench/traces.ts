import type { PhaseId } from '../../src/model/phases.ts'
import type { Resource, Scope, Span, Value } from '../../src/model/span.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'

/**
 * Traces as a shop in production would send them, for benchmarks: of 40 traces 39 have 12 spans and one 200, over three services;
 * every tenth span is late by two bodies, every hundredth is sent twice. The same seed gives the same load.
 */
export interface Load {
  readonly bodies: readonly Buffer[]
  /** Spans in all bodies. */
  readonly sent: number
  readonly distinct: number
  readonly traceIds: readonly string[]
}

interface Step {
  readonly phase: PhaseId
  readonly parent: number
  readonly service: number
  readonly kind: Span['kind']
}

const step = (phase: PhaseId, parent: number, service = 1, kind: Span['kind'] = 'INTERNAL'): Step => ({
  phase,
  parent,
  service,
  kind,
})
const STEPS: readonly Step[] = [
  step('proxy', -1, 0, 'SERVER'),
  step('proxy.wait', 0, 0),
  step('gateway', 1, 1, 'SERVER'),
  step('handler', 2),
  step('middleware.request', 3),
  step('middleware.request', 3),
  step('resolve', 3),
  step('view', 3),
  step('model', 7),
  step('render', 3),
  step('respond', 2),
]
/** All further spans. */
const QUERY: Step = step('db', 8, 2, 'CLIENT')

const resource = (service: string, instance: string): Resource => ({
  service,
  host: instance,
  attributes: new Map([
    ['service.name', service],
    ['service.instance.id', instance],
    ['host.name', `${instance}.example`],
    ['telemetry.sdk.language', 'nodejs'],
    ['telemetry.sdk.name', 'phaseline'],
    ['process.pid', '4711'],
  ]),
})
const RESOURCES = [resource('edge', 'edge-1'), resource('shop', 'shop-7d9f'), resource('orders-db', 'pg-0')]
const SCOPE: Scope = { name: 'phaseline', version: '1.0.0', attributes: new Map() }
export const ROUTES: readonly string[] = [
  '/',
  '/books/',
  '/books/<int:id>/',
  '/cart',
  '/cart/items/<int:id>',
  '/api/books/<int:id>',
  '/search',
  '/login',
]
const QUERIES = [
  'SELECT id, title, price FROM book WHERE id = ?',
  'SELECT * FROM author WHERE id IN (?)',
  'UPDATE stock SET n = n - ? WHERE book_id = ?',
]
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

/** Numbers from 0 to 1 that look random and are the same every time (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function id(random: () => number, words: number): string {
  return Array.from({ length: words }, () => (1 + Math.floor(random() * 4_294_967_294)).toString(16).padStart(8, '0')).join('')
}

/** One trace. @param start ns since the epoch */
export function traceOf(random: () => number, size: number, start: bigint): Span[] {
  const traceId = id(random, 4)
  const route = ROUTES[Math.floor(random() * ROUTES.length)] as string
  const status = random() < 0.02 ? 500 : 200
  const spans: Span[] = []
  const length = 2e6 + 60e6 * random() ** 4
  for (let index = 0; index < size; index++) {
    const { phase, parent, service, kind } = STEPS[index] ?? QUERY
    const above = spans[parent]
    const room = above === undefined ? length : Number(above.end - above.start)
    const from = above === undefined ? 0 : Math.floor((room * (index % 12)) / 14 + random() * 1_000)
    const to = above === undefined ? room : Math.floor(from + (room - from) * (index < 4 ? 0.98 : 0.3 * random()))
    const origin = above?.start ?? start
    spans.push({
      traceId,
      spanId: id(random, 2),
      parentSpanId: above?.spanId ?? null,
      name: phase === 'gateway' ? `GET ${route}` : phase === 'db' ? 'SELECT book' : phase === 'proxy' ? 'GET' : phase,
      kind,
      start: origin + BigInt(Math.floor(from)),
      end: origin + BigInt(Math.floor(to)),
      status: status === 500 && index < 4 ? 'error' : 'unset',
      statusMessage: '',
      traceState: '',
      flags: 257,
      attributes: attributesOf(phase, index, route, status, random),
      events: [],
      links: [],
      resource: RESOURCES[service] as Resource,
      scope: SCOPE,
    })
  }
  return spans
}

function attributesOf(phase: PhaseId, index: number, route: string, status: number, random: () => number): Map<string, Value> {
  const own: [string, Value][] = [
    ['phaseline.phase', phase],
    ['phaseline.stage', index],
  ]
  if (phase === 'proxy' || phase === 'gateway') {
    own.push(['http.request.method', 'GET'], ['http.route', route], ['http.response.status_code', status])
    own.push(['url.path', route.replace('<int:id>', String(Math.floor(random() * 10_000)))], ['user_agent.original', AGENT])
    own.push(['network.protocol.version', '1.1'], ['server.address', 'shop.example'], ['client.address', '127.0.0.1'])
  } else if (phase === 'db') {
    own.push(['db.system.name', 'postgresql'], ['db.query.text', QUERIES[index % 3] as string], ['db.namespace', 'shop'])
  } else {
    own.push(
      ['code.function.name', `handle${index}`],
      ['code.file.path', 'src/shop/middleware.ts'],
      ['code.line.number', 10 + index],
    )
    if (phase === 'middleware.request')
      own.push(['phaseline.middleware.name', `Middleware${index}`], ['phaseline.middleware.index', index])
  }
  return new Map(own)
}

/** @param count how many different spans at least @param start ns since the epoch */
export function loadOf(count: number, seed = 1, start: bigint = BigInt(Date.now() - 600_000) * 1_000_000n): Load {
  const random = numbers(seed)
  const bodies: Buffer[] = []
  const traceIds: string[] = []
  let late: [Span[], Span[]] = [[], []]
  let batch: Span[] = []
  const made = { sent: 0, distinct: 0 }
  const ship = (): void => {
    made.sent += batch.length
    bodies.push(Buffer.from(encodeSpans(batch)))
    batch = []
  }
  for (let number = 1; made.distinct < count; number++) {
    const spans = traceOf(random, number % 40 === 0 ? 200 : 12, start + BigInt(number) * 2_000_000n)
    made.distinct += spans.length
    traceIds.push((spans[0] as Span).traceId)
    for (const span of spans) {
      if (random() < 0.1) late[1].push(span)
      else batch.push(span)
      if (random() < 0.01) batch.push(span)
    }
    if (batch.length < 600) continue
    batch.push(...late[0])
    late = [late[1], []]
    ship()
  }
  batch.push(...late[0], ...late[1])
  ship()
  return { bodies, ...made, traceIds }
}
