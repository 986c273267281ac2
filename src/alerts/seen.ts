import type { Observation } from './observation.ts'

/** So many of the latest traces are remembered: a late span makes a new version of a timeline, not a second observation of the rest. */
const TRACES = 20_000

/** Lets each span of a trace through once. */
export class Seen {
  readonly #spans = new Map<string, Set<string>>()

  /** Those that were not let through before. */
  fresh(observations: readonly Observation[]): Observation[] {
    return observations.filter(({ traceId, spanId }) => {
      let known = this.#spans.get(traceId)
      if (known === undefined) {
        if (this.#spans.size >= TRACES) this.#spans.delete(this.#spans.keys().next().value as string)
        this.#spans.set(traceId, (known = new Set()))
      }
      if (known.has(spanId)) return false
      known.add(spanId)
      return true
    })
  }
}
