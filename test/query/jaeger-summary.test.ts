import { expect, test } from 'vitest'
import type { Summary } from '../../src/model/summary.ts'
import type { Store } from '../../src/store/contract.ts'
import { traceSummaries } from '../../src/query/jaeger/summary.ts'
import { spansOf as made, START } from '../store/traces.ts'
import { bookshop, spansOf } from './bookshop.ts'
import { stubStore } from './stub-store.ts'

const second = 1_000_000_000n

function filled(): Store {
  const store = stubStore()
  store.receive(spansOf(bookshop(), 1))
  store.receive(
    made(2, [
      { failed: true, from: 50 },
      { parent: 99, service: 'lost', to: 5_000 },
      { parent: 0, name: 'first', from: 1 },
    ]),
  )
  store.receive(
    made(3, [
      { service: 'b', kind: 'CLIENT', from: 0, to: 100 },
      { service: 'a', kind: 'SERVER', from: 5_000, to: 5_050, failed: true },
    ]),
  )
  store.receive(made(4, [{ parent: 99 }]))
  return store
}

/** The same store, as an older version would have kept the lines of its lists. */
function older(store: Store): Store {
  const search: Store['search'] = async (filter) => {
    const { items, next } = await store.search(filter)
    const lines = items.map((item) => Object.entries(item).filter(([name]) => name !== 'received'))
    return { items: lines.map((line) => Object.fromEntries(line) as unknown as Summary), next }
  }
  return { ...store, search }
}

test('a summary says when the spans themselves say that they were, and who is without a parent', async () => {
  const [rootless, skewed, orphan] = await traceSummaries(filled(), {})
  expect(rootless).toMatchObject({ rootServiceName: '', rootOperationName: '', orphanSpanCount: 1, spanCount: 1 })
  expect(skewed).toEqual({
    traceId: '3'.padStart(32, '0'),
    rootServiceName: 'b',
    rootOperationName: 'GET /books/:id',
    minStartTimeUnixNano: String(START),
    maxEndTimeUnixNano: String(START + 5n * second + 50_000_000n),
    spanCount: 2,
    errorSpanCount: 1,
    orphanSpanCount: 0,
    services: [
      { name: 'a', spanCount: 1, errorSpanCount: 1 },
      { name: 'b', spanCount: 1, errorSpanCount: 0 },
    ],
  })
  expect(orphan).toMatchObject({ rootOperationName: 'first', errorSpanCount: 1, orphanSpanCount: 1 })
})

test('where a list’s line does not say it, the timeline does', async () => {
  const store = filled()
  const summaries = await traceSummaries(store, {})
  expect(summaries).toHaveLength(4)
  expect(await traceSummaries(older(store), {})).toEqual(summaries)
})

test('a trace that has gone since it was found is left out', async () => {
  const store = { ...older(filled()), timeline: async () => undefined }
  expect(await traceSummaries(store, {})).toEqual([])
})
