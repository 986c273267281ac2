import type { Span } from '../../src/model/span.ts'
import type { Summary } from '../../src/model/summary.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import type { Live } from '../../src/query/live.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import type { Filter, Store } from '../../src/store/contract.ts'

/** A store in memory for tests of its readers, and the news of what is put into it. */
export interface StubStore extends Store, Live {
  /** Stitches spans, keeps the timeline and tells of it. */
  receive(spans: readonly Span[]): Timeline
  /** What was searched for. */
  readonly searches: Filter[]
}

function fits(summary: Summary, timeline: Timeline, filter: Filter): boolean {
  return (
    (filter.service === undefined || summary.services.includes(filter.service)) &&
    (filter.status === undefined || summary.status === filter.status) &&
    (filter.statusClass === undefined || Math.floor((summary.status ?? 0) / 100) === filter.statusClass) &&
    (filter.inFlight === undefined || summary.inFlight === filter.inFlight) &&
    (filter.phase === undefined || timeline.spans.some((span) => span.phase === filter.phase)) &&
    (filter.minDurationNs === undefined || summary.durationNs >= filter.minDurationNs) &&
    (filter.maxDurationNs === undefined || summary.durationNs <= filter.maxDurationNs) &&
    (filter.error === undefined || summary.error === filter.error) &&
    (filter.from === undefined || summary.start >= filter.from) &&
    (filter.to === undefined || summary.start < filter.to) &&
    (filter.text === undefined || `${summary.name} ${summary.services.join(' ')} ${summary.traceId}`.includes(filter.text))
  )
}

/** An empty one. */
export function stubStore(): StubStore {
  const kept = new Map<string, { summary: Summary; timeline: Timeline }>()
  const listeners = new Set<(summary: Summary, timeline?: Timeline) => void>()
  const searches: Filter[] = []
  return {
    searches,
    receive(spans) {
      const timeline = stitch(spans)
      const summary = summarise(timeline)
      kept.delete(timeline.traceId)
      kept.set(timeline.traceId, { summary, timeline })
      for (const listener of listeners) listener(summary, timeline)
      return timeline
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async put() {},
    timeline: async (traceId) => kept.get(traceId)?.timeline,
    otlp: async () => undefined,
    async search(filter) {
      searches.push(filter)
      const all = [...kept.values()].reverse().filter(({ summary, timeline }) => fits(summary, timeline, filter))
      const from = Number(filter.cursor ?? 0)
      const to = from + (filter.limit ?? 20)
      return { items: all.slice(from, to).map(({ summary }) => summary), next: to < all.length ? String(to) : null }
    },
    services: async () => [...new Set([...kept.values()].flatMap(({ summary }) => summary.services))].sort(),
    operations: async () => [],
    dependencies: async () => [],
    retain: async () => 0,
    stats: async () => ({ path: ':memory:', traces: kept.size, spans: 0, bytes: 0 }),
    close: async () => {},
  }
}
