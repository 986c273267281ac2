import type { Timeline } from '../model/timeline.ts'

/** So many of the latest traces are remembered: a late span makes a new version of a timeline, not a second observation of the rest. */
const TRACES = 20_000

/** Lets each finished span of a trace through once. */
export class Seen {
  readonly #spans = new Map<string, Set<string>>()

  /** The ids of those spans that were not let through before. */
  fresh(timeline: Timeline): ReadonlySet<string> {
    const known = this.#of(timeline.traceId)
    const fresh = new Set<string>()
    for (const { spanId, source, warnings } of timeline.spans) {
      if (source === null || warnings.includes('in_flight') || known.has(spanId)) continue
      known.add(spanId)
      fresh.add(spanId)
    }
    return fresh
  }

  #of(traceId: string): Set<string> {
    const found = this.#spans.get(traceId)
    if (found !== undefined) return found
    if (this.#spans.size >= TRACES) this.#spans.delete(this.#spans.keys().next().value as string)
    const made = new Set<string>()
    this.#spans.set(traceId, made)
    return made
  }
}
