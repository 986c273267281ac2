import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Span } from '../../src/model/span.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { numbers, ROUTES, traceOf } from './traces.ts'

/**
 * Every kind of question that the page's port answers, ours and Jaeger's, asked one at a time with random words over HTTP: from the
 * first byte of the question to the last of the answer, JSON and all.
 */
type Row = Record<string, string | number>

interface Facts {
  readonly traceIds: readonly string[]
  /** When the first and the last trace began, ns. */
  readonly first: bigint
  readonly last: bigint
}

type Random = () => number
type Question = (random: Random, facts: Facts) => string

const pick = <T>(random: Random, of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
const SERVICES = ['edge', 'shop', 'orders-db']
const PHASES = ['proxy', 'gateway', 'handler', 'middleware.request', 'resolve', 'view', 'model', 'render', 'db']
const someWhen = (random: Random, { first, last }: Facts): bigint =>
  first + (BigInt(Math.floor(random() * 1_000_000)) * (last - first)) / 1_000_000n
const SECOND = 1_000_000_000n

const list =
  (query: (random: Random, facts: Facts) => Record<string, string>): Question =>
  (random, facts) =>
    `/api/timelines?${new URLSearchParams(query(random, facts)).toString()}`
const v1 =
  (query: (random: Random, facts: Facts) => Record<string, string>): Question =>
  (random, facts) =>
    `/api/traces?${new URLSearchParams({ service: pick(random, SERVICES), limit: '20', ...query(random, facts) }).toString()}`
const v3 =
  (path: string, query: (random: Random, facts: Facts) => Record<string, string>): Question =>
  (random, facts) => {
    const times = { 'query.start_time_min': rfc(facts.first), 'query.start_time_max': rfc(facts.last + SECOND) }
    const service = { 'query.service_name': pick(random, SERVICES), 'query.search_depth': '20' }
    return `/api/v3/${path}?${new URLSearchParams({ ...service, ...times, ...query(random, facts) }).toString()}`
  }
const windows = (random: Random, facts: Facts, query: Record<string, string>): string => {
  const to = someWhen(random, facts)
  const times = { from: String(to - 3_600n * SECOND), to: String(to) }
  return `/api/compare?${new URLSearchParams({ ...times, ...query }).toString()}`
}
const rfc = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString()
const micros = (ns: bigint): string => String(ns / 1_000n)
const path = (random: Random): string => `/books/${Math.floor(random() * 10_000)}/`
const odd = (random: Random): string => `/odd/${Math.floor(random() * ODD_NAMES)}/`

/** Where a time is a part of the question it is anywhere, so that the newest traces are of no help. */
const QUESTIONS: Readonly<Record<string, Question>> = {
  'by id': (random, { traceIds }) => `/api/timelines/${pick(random, traceIds)}`,
  'by id, outline': (random, { traceIds }) => `/api/timelines/${pick(random, traceIds)}/outline`,
  newest: list(() => ({})),
  service: list((random) => ({ service: pick(random, SERVICES) })),
  'service, unknown': list((random) => ({ service: `nobody-${random()}` })),
  route: list((random) => ({ route: pick(random, ROUTES) })),
  'route, rare': list((random) => ({ route: odd(random) })),
  phase: list((random) => ({ phase: pick(random, PHASES) })),
  middleware: list((random) => ({ middleware: pick(random, ['Middleware4', 'Middleware5']) })),
  status: list((random) => ({ status: pick(random, ['200', '500', '404']) })),
  'status class': list((random) => ({ status: pick(random, ['5xx', '2xx', '4xx']) })),
  error: list(() => ({ error: '1' })),
  'at least so long': list((random) => ({ minMs: String(40 + 22 * random()) })),
  'at most so long': list((random) => ({ maxMs: String(2 + random() / 1e3) })),
  'so long, of a route': list((random) => ({ minMs: String(60 + random()), route: pick(random, ROUTES) })),
  attribute: list((random) => ({ attribute: `url.path=${path(random)}` })),
  'attribute, in all': list(() => ({ attribute: 'db.namespace=shop' })),
  skew: list(() => ({ skew: '1' })),
  orphans: list(() => ({ orphans: '1' })),
  'in flight (none)': list(() => ({ inFlight: '1' })),
  time: list((random, facts) => ({ from: String(someWhen(random, facts)), to: String(someWhen(random, facts)) })),
  'a second': list((random, facts) => {
    const from = someWhen(random, facts)
    return { from: String(from), to: String(from + SECOND), service: pick(random, SERVICES) }
  }),
  'text, in names': list((random) => ({ q: pick(random, ['cart', 'book', 'search', 'select', 'middleware']) })),
  'text, in rare names': list(() => ({ q: 'odd' })),
  'text, in rare names of short ones': list((random) => ({ q: 'odd', maxMs: String(2 + random() / 1e5) })),
  'text, a value': list((random) => ({ q: path(random) })),
  'text, unknown': list((random) => ({ q: `nothing${random()}` })),
  'all at once': list((random) => ({
    service: 'shop',
    route: pick(random, ROUTES),
    middleware: 'Middleware4',
    status: '500',
    minMs: '20',
    q: 'select',
  })),
  '1,500 at once': list((random) => ({ service: pick(random, SERVICES), limit: '1500' })),
  'compare two hours': (random, facts) => windows(random, facts, {}),
  'compare two hours of a route': (random, facts) => windows(random, facts, { service: 'shop', route: pick(random, ROUTES) }),
  middlewares: () => '/api/middleware',
  'v1 service': v1(() => ({})),
  'v1 operation': v1((random) => ({ service: 'shop', operation: `GET ${pick(random, ROUTES)}` })),
  'v1 tag': v1((random) => ({ tags: JSON.stringify({ 'url.path': path(random) }) })),
  'v1 error': v1(() => ({ tags: '{"error":"true"}' })),
  'v1 duration': v1((random) => ({ minDuration: `${(40 + 22 * random()).toFixed(3)}ms` })),
  'v1 time': v1((random, facts) => {
    const start = someWhen(random, facts)
    return { start: micros(start), end: micros(start + SECOND) }
  }),
  'v1 all at once': v1((random, facts) => ({
    start: micros(facts.first),
    end: micros(someWhen(random, facts)),
    operation: `GET ${pick(random, ROUTES)}`,
    service: 'shop',
    tags: '{"http.response.status_code":"500"}',
    minDuration: '10ms',
    maxDuration: '1.5s',
  })),
  'v1 100 traces': v1(() => ({ limit: '100' })),
  'v1 1,500 traces, whole': v1(() => ({ limit: '1500' })),
  'v1 by id': (random, { traceIds }) => `/api/traces/${pick(random, traceIds)}`,
  'v1 services': () => '/api/services',
  'v1 operations': (random) => `/api/services/${pick(random, SERVICES)}/operations`,
  'v1 dependencies': (_, { last }) => `/api/dependencies?endTs=${last / 1_000_000n}&lookback=604800000`,
  'v1 latencies': (random) => `/api/metrics/latencies?service=${pick(random, SERVICES)}&quantile=0.95&groupByOperation=true`,
  'v1 calls': (random) => `/api/metrics/calls?service=${pick(random, SERVICES)}&groupByOperation=true`,
  'v1 errors': (random) => `/api/metrics/errors?service=${pick(random, SERVICES)}`,
  'v3 services': () => '/api/v3/services',
  'v3 operations': (random) => `/api/v3/operations?service=${pick(random, SERVICES)}`,
  'v3 traces': v3('traces', () => ({})),
  'v3 1,500 traces, whole': v3('traces', () => ({ 'query.search_depth': '1500' })),
  'v3 traces, attribute': v3('traces', () => ({ 'query.attributes': '{"http.response.status_code":"500"}' })),
  'v3 traces, duration': v3('traces', (random) => ({ 'query.duration_min': `${40 + Math.floor(22 * random())}ms` })),
  'v3 by id': (random, { traceIds }) => `/api/v3/traces/${pick(random, traceIds)}`,
  'v3 summaries': v3('trace-summaries', () => ({})),
  'v3 summaries, 100': v3('trace-summaries', () => ({ 'query.search_depth': '100' })),
  'v3 summaries, 1,500': v3('trace-summaries', () => ({ 'query.search_depth': '1500' })),
  'v3 summaries, attribute': v3('trace-summaries', (random) => ({
    'query.attributes': JSON.stringify({ 'url.path': path(random) }),
  })),
}

/**
 * Asks each so many times with what the files hold in memory, and again after the system has been made to forget them before each
 * question (its own pages the process keeps).
 * @param page the address of the page's port @param only names that hold this @param cold whether the second is done, too
 */
export async function askAll(
  page: string,
  folder: string,
  times: number,
  { only = '', cold: isCold = true }: { only?: string | undefined; cold?: boolean } = {},
): Promise<Row[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const random = numbers(11)
  const facts = await factsOf(agent, page, random)
  const rows: Row[] = []
  for (const [kind, question] of Object.entries(QUESTIONS).filter(([name]) => name.includes(only))) {
    const warm = await timed(times, async () => {
      // At any moment of what else is going on: one question right after the other meets a pause of it only once.
      if (!isCold) await setTimeout(20 * random())
      return ask(agent, page + question(random, facts))
    })
    const row = { kind, 'p50 ms': warm.at(0.5), 'p99 ms': warm.at(0.99) }
    if (!isCold) {
      rows.push({ ...row, 'max ms': warm.at(1) })
      continue
    }
    const cold = await timed(times / 4, () => {
      forget(folder)
      return ask(agent, page + question(random, facts))
    })
    rows.push({ ...row, 'cold p50 ms': cold.at(0.5), 'cold p99 ms': cold.at(0.99) })
  }
  agent.destroy()
  return rows
}

interface Answered {
  readonly ms: number
  readonly body: Buffer
}

async function timed(times: number, one: () => Promise<Answered>): Promise<{ at: (share: number) => number }> {
  const ms: number[] = []
  for (let count = 0; count < times; count++) ms.push((await one()).ms)
  ms.sort((a, b) => a - b)
  return { at: (share) => Math.round((ms[Math.ceil(share * ms.length) - 1] as number) * 10) / 10 }
}

function ask(agent: Agent, url: string): Promise<Answered> {
  const from = performance.now()
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => {
        const answered = { ms: performance.now() - from, body: Buffer.concat(chunks) }
        if ((response.statusCode ?? 0) < 300 || answered.body.includes('No traces found')) resolve(answered)
        else reject(new Error(`${url} was answered ${response.statusCode}: ${answered.body.toString().slice(0, 200)}`))
      })
    }).on('error', reject)
  })
}

/** Traces of all times: whatever the first page of a random time has. */
async function factsOf(agent: Agent, page: string, random: Random): Promise<Facts> {
  const items = async (query: string): Promise<{ traceId: string; start: string }[]> =>
    (
      JSON.parse((await ask(agent, `${page}/api/timelines?${query}`)).body.toString()) as {
        items: { traceId: string; start: string }[]
      }
    ).items
  const last = BigInt((await items('limit=1'))[0]?.start ?? 0)
  const found = await items('cursor=1000&limit=999')
  const first = found.map(({ start }) => BigInt(start)).reduce((least, start) => (start < least ? start : least), last)
  const traceIds: string[] = []
  for (let count = 0; count < 200; count++)
    for (const { traceId } of await items(`to=${someWhen(random, { first, last, traceIds })}&limit=5`)) traceIds.push(traceId)
  return { traceIds, first, last }
}

/** Takes the files of a folder out of the system's memory. */
function forget(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.startsWith('timelines.db')))
    execFileSync('dd', [`of=${join(folder, name)}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
}

const ODD_NAMES = 400

/** Traces of which there are few: of a machine whose clock is wrong, without their root, of routes that are seldom asked for. */
export function oddTraces(count: number, seed: number, start: bigint): Buffer {
  const random = numbers(seed)
  const spans = Array.from({ length: count }, (_, number) => oddTrace(random, number, start + BigInt(number) * SECOND))
  return Buffer.from(encodeSpans(spans.flat()))
}

function oddTrace(random: Random, number: number, start: bigint): Span[] {
  const spans = traceOf(random, 12, start)
  if (number % 3 === 0) return spans.slice(2)
  const late = 5n * SECOND
  if (number % 3 === 1)
    return spans.map((span) =>
      span.resource.service === 'edge' ? span : { ...span, start: span.start + late, end: span.end + late },
    )
  const route = odd(random)
  return spans.map((span) => ({
    ...span,
    name: span.name.startsWith('GET /') ? `GET ${route}` : span.name,
    attributes: new Map(span.attributes).set('http.route', route),
  }))
}
