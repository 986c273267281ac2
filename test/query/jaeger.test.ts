import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collect, type Collector } from '../../src/collector/index.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import type { Live } from '../../src/query/live.ts'
import { serve, type Serving } from '../../src/query/server.ts'
import { startJaeger, until, type Jaeger } from '../collector/jaeger.ts'
import { missing } from '../tools.ts'
import { bookshop, spansOf, type Part } from './bookshop.ts'

const noJaeger = missing('jaeger')
const NOW = BigInt(Date.now() - 10_000) * 1_000_000n

const failing: Part = {
  phase: 'gateway',
  name: 'GET /broken/',
  service: 'bookshop',
  from: 0,
  to: 250_000.5,
  failed: 'it broke',
  attributes: {
    'http.request.method': 'GET',
    'a.bool': true,
    'a.double': 1.5,
    'a.list': ['x', 'y'],
    'a.none': null,
    'a.big': 2n ** 60n,
    'a.text': 'ü"<>&',
  },
}

const spanOf = (phase: Part['phase'], name: string, service: string, from: number): Part => ({
  phase,
  name,
  service,
  from,
  to: 900,
})
const queued: Part = {
  ...spanOf('proxy', 'GET', 'edge', 0),
  inside: [spanOf('queue', 'queue', 'backend', 100), spanOf('gateway', 'GET /queued/', 'backend', 300)],
}

let collector: Collector
let serving: Serving
let jaeger: Jaeger

beforeAll(async () => {
  if (noJaeger) return
  const spans = [...spansOf(bookshop(), 1, NOW), ...spansOf(failing, 2, NOW + 2_000_000_000n), ...spansOf(queued, 3, NOW)]
  collector = await collect({ otlpPort: 0 })
  collector.add(spans)
  await collector.flush()
  const live: Live = { subscribe: (listener) => collector.on('timeline', listener) }
  serving = await serve({ store: collector.store, live, stats: () => collector.stats(), port: 0 })
  jaeger = await startJaeger(mkdtempSync(join(tmpdir(), 'phaseline-jaeger-')), 'memory')
  const headers = { 'content-type': 'application/x-protobuf' }
  await fetch(`${jaeger.otlp}/v1/traces`, { method: 'POST', headers, body: new Uint8Array(encodeSpans(spans)) })
  await until(async () => {
    const answers = await Promise.all([1, 2, 3].map((id) => fetch(`${jaeger.api}/api/traces/${id}`)))
    return answers.every(({ ok }) => ok)
  })
})
afterAll(async () => {
  await serving?.close()
  await collector?.close()
  await jaeger?.stop()
})

type Json = null | string | number | boolean | Json[] | { [key: string]: Json }

/** Jaeger promises no order of spans, names, processes: lists are compared as sets. */
function unordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, unordered(each)]),
  )
}

/** Processes are numbered as they come: named by what they are instead. */
function named(body: Json): Json {
  const { data, errors } = body as { data: { spans: { processID: Json }[]; processes: Record<string, Json> }[]; errors: Json }
  const traces = data.map(({ spans, processes, ...rest }) => ({
    ...rest,
    spans: spans.map(({ processID, ...span }) => ({ ...span, process: processes[processID as string] as Json })),
  })) as Json
  return [traces, errors]
}

/** Jaeger gives each span a resource of its own, we one to all of it: compared span by span. */
function flat(body: Json): Json {
  type Resources = { resource: Json; scopeSpans: { scope: Json; spans: Json[] }[] }[]
  const { resourceSpans } = (body as { result: { resourceSpans: Resources } }).result
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ resource, scope, span }))),
  )
}

async function ask(url: string, path: string): Promise<{ status: number; body: Json }> {
  const response = await fetch(url + path)
  return { status: response.status, body: (await response.json()) as Json }
}

async function both(path: string): Promise<[ours: Json, theirs: Json]> {
  const [ours, theirs] = await Promise.all([ask(serving.url, path), ask(jaeger.api, path)])
  expect(ours.status, path).toBe(theirs.status)
  return [ours.body, theirs.body]
}

const micros = (ns: bigint): string => String(ns / 1000n)
const range = `start=${micros(NOW - 10n ** 9n)}&end=${micros(NOW + 10n ** 10n)}`
const iso = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString()
const range3 = `query.start_time_min=${iso(NOW - 10n ** 9n)}&query.start_time_max=${iso(NOW + 10n ** 10n)}&query.num_traces=10`

describe.skipIf(noJaeger)('Jaeger’s API from our store, against the real Jaeger (skipped where none is installed)', () => {
  test.each(['/api/services', '/api/operations?service=bookshop', '/api/services/bookshop/operations', '/api/v3/services'])(
    '%s answers the same',
    async (path) => {
      const [ours, theirs] = await both(path)
      expect(unordered(ours)).toEqual(unordered(theirs))
    },
  )

  test('operations of one kind are the same in v1 and v3', async () => {
    for (const path of [
      '/api/operations?service=bookshop&spanKind=server',
      '/api/v3/operations?service=bookshop&span_kind=server',
    ]) {
      const [ours, theirs] = await both(path)
      expect(unordered(ours)).toEqual(unordered(theirs))
    }
  })

  test.each(['1', '2', '2'.padStart(32, '0')])(
    'trace %s is the same in v1: ids, references, microseconds, tags with their types',
    async (id) => {
      const [ours, theirs] = await both(`/api/traces/${id}`)
      expect(unordered(named(ours))).toEqual(unordered(named(theirs)))
    },
  )

  test.each(['1', '2'])('trace %s is the same OTLP in v3', async (id) => {
    const [ours, theirs] = await both(`/api/v3/traces/${id.padStart(32, '0')}`)
    expect(unordered(flat(ours))).toEqual(unordered(flat(theirs)))
  })

  test.each([
    `service=bookshop&${range}`,
    `service=bookshop&operation=GET%20/broken/&${range}`,
    `service=traffic&${range}`,
    `service=bookshop&minDuration=200ms&${range}`,
    `service=bookshop&maxDuration=0.1s&${range}`,
    `service=bookshop&tag=a.text:${encodeURIComponent('ü"<>&')}&${range}`,
    `service=bookshop&tags=${encodeURIComponent('{"http.request.method":"POST"}')}&${range}`,
    `service=bookshop&start=${micros(NOW + 10n ** 9n)}&end=${micros(NOW + 10n ** 10n)}`,
    `service=bookshop&tags=${encodeURIComponent('{"a.bool":"true"}')}&tags=${encodeURIComponent('{"a.double":"1.5"}')}&${range}`,
    `service=bookshop&minDuration=-5s&${range}`,
    'traceID=1&traceID=2',
    'traceID=1&traceID=99',
  ])('searching v1 for %s finds the same traces', async (query) => {
    const [ours, theirs] = await both(`/api/traces?${query}`)
    expect(unordered(named(ours))).toEqual(unordered(named(theirs)))
  })

  test('error=true finds failed traces, which Jaeger’s memory store does not: a difference on purpose', async () => {
    const [ours] = await both(`/api/traces?service=bookshop&tags=${encodeURIComponent('{"error":"true"}')}&${range}`)
    expect((ours as { data: { traceID: string }[] }).data.map(({ traceID }) => traceID)).toEqual(['0000000000000002'])
  })

  test.each([
    `query.service_name=bookshop&${range3}`,
    `query.service_name=bookshop&query.operation_name=GET%20/broken/&${range3}`,
    `query.service_name=bookshop&query.duration_min=200ms&${range3}`,
    `query.service_name=nobody&${range3}`,
  ])('searching v3 for %s finds the same spans', async (query) => {
    const [ours, theirs] = await both(`/api/v3/traces?${query}`)
    if ('result' in (theirs as object)) expect(unordered(flat(ours))).toEqual(unordered(flat(theirs)))
    else expect(ours).toEqual(theirs)
  })

  test.each([
    '/api/traces',
    '/api/traces/99',
    '/api/traces?service=bookshop&minDuration=1s&maxDuration=1ms',
    '/api/operations',
    '/api/v3/operations',
    '/api/v3/traces',
    `/api/v3/traces/${'9'.padStart(32, '0')}`,
  ])('%s is refused, or answered with nothing, in the same words', async (path) => {
    const [ours, theirs] = await both(path)
    expect(ours).toEqual(theirs)
  })

  test('OTLP that is posted to be transformed comes back the same', async () => {
    const sent = JSON.stringify(((await both('/api/v3/traces/00000000000000000000000000000001'))[0] as { result: Json }).result)
    const post = async (base: string, body: string): Promise<[number, Json]> => {
      const answer = await fetch(`${base}/api/transform`, { method: 'POST', body })
      return [answer.status, (await answer.json()) as Json]
    }
    const [[status, ours], [, theirs]] = [await post(serving.url, sent), await post(jaeger.api, sent)]
    expect(status).toBe(200)
    expect(unordered(named(ours))).toEqual(unordered(named(theirs)))
    expect([(await post(serving.url, '{'))[0], (await post(jaeger.api, '{'))[0]]).toEqual([400, 400])
  })

  test('calls between services are the same, but for a queue before the server: to Jaeger it is a call, too', async () => {
    const [ours, theirs] = await both(`/api/dependencies?endTs=${Date.now()}&lookback=3600000`)
    type Calls = { parent: string; child: string; callCount: number }[]
    const between = (body: Json): Calls => {
      const { data } = body as { data: Calls }
      return data.filter(({ parent, child }) => parent !== child)
    }
    const ofQueued = (body: Json): number | undefined => between(body).find(({ child }) => child === 'backend')?.callCount
    const others = (body: Json): Calls => between(body).filter(({ child }) => child !== 'backend')
    expect([ofQueued(ours), ofQueued(theirs)]).toEqual([1, 2])
    expect(others(ours).length).toBeGreaterThan(0)
    expect(unordered(others(ours))).toEqual(unordered(others(theirs)))
  })

  test.each(['traffic', 'nobody'])('calls can be asked for of one service: %s', async (service) => {
    const [ours, theirs] = await both(`/api/dependencies?endTs=${Date.now()}&lookback=3600000&service=${service}`)
    type Calls = { parent: string; child: string }[]
    const { data } = theirs as { data: Calls }
    expect((ours as { data: Calls }).data).toEqual(data.filter(({ parent, child }) => parent !== child))
  })
})
