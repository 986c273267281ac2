import { afterEach, expect, test } from 'vitest'
import { serve, type Serving } from '../../src/query/server.ts'
import { receivedTrace } from '../../src/query/jaeger/received.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import type { Span } from '../../src/model/span.ts'
import type { Store } from '../../src/store/contract.ts'
import { spansOf, traceId } from '../store/traces.ts'
import { stubStore } from './stub-store.ts'

let serving: Serving | undefined
afterEach(async () => {
  await serving?.close()
  serving = undefined
})

/** A store of one trace. @param late what came since the search @returns it, and how often it was asked for a timeline */
function storeOf(spans: readonly Span[], late: readonly Span[] = []): { store: Store; stitched: () => number } {
  const stub = stubStore()
  stub.receive(spans)
  let stitched = 0
  const timeline: Store['timeline'] = (id) => (stitched++, stub.timeline(id))
  const otlp: Store['otlp'] = async () => encodeSpans([...spans, ...late])
  return { store: { ...stub, timeline, otlp }, stitched: () => stitched }
}

test('a trace that nothing is wrong with is given as it was received, without being stitched', async () => {
  const spans = spansOf(1, [{}, { service: 'db' }])
  const { store, stitched } = storeOf(spans)
  const trace = await receivedTrace(store, traceId(1))
  expect(trace?.spans.map(({ spanId }) => spanId)).toEqual(spans.map(({ spanId }) => spanId))
  expect(stitched()).toBe(0)
  expect(await receivedTrace(store, traceId(2))).toBeUndefined()
})

test('where something is wrong, each span is given once, and what was wrong with it', async () => {
  const { store } = storeOf(spansOf(1, [{}, { parent: 99 }]))
  const trace = await receivedTrace(store, traceId(1))
  expect(trace?.spans).toHaveLength(2)
  expect(trace?.warnings).toContainEqual(['orphan'])
})

test('a copy that came after the search is not given twice', async () => {
  const spans = spansOf(1, [{}, { service: 'db' }])
  const { store } = storeOf(spans, spans)
  expect((await receivedTrace(store, traceId(1)))?.spans).toHaveLength(2)
})

test('a trace that cannot be read keeps none of the others from those who search, and is named', async () => {
  const stub = stubStore()
  for (const number of [1, 2, 3]) stub.receive(spansOf(number, [{}]))
  const timeline: Store['timeline'] = (id) => (id === traceId(2) ? Promise.reject(new Error('damaged')) : stub.timeline(id))
  serving = await serve({ store: { ...stub, timeline }, live: stub, stats: () => ({}) as never, port: 0 })
  const answer = await fetch(`${serving.url}/api/traces?service=shop`)
  const { data, errors } = (await answer.json()) as { data: { traceID: string }[]; errors: unknown }
  expect(data.map(({ traceID }) => traceID)).toEqual([3, 1].map((number) => traceId(number).slice(16)))
  expect(errors).toEqual([{ code: 500, msg: 'trace could not be read', traceID: traceId(2).slice(16) }])
})
