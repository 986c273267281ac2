import type { Timeline } from '../model/timeline.ts'

/** So many of the latest spans, at least, are remembered: a late one makes a new version of a timeline, not a second observation of the rest. */
const SPANS = 250_000

/** Of each span of a timeline, by its place, whether it counts. */
export type Fresh = readonly boolean[]

/** Hashes of the span ids of traces: of two in one trace one in 2^32 is mistaken for the other, and not counted. */
type Traces = Map<string, number[]>

/** Lets each finished span of a trace through once. */
export class Seen {
  #traces: Traces = new Map()
  /** As many again, of before: forgotten at once, because a Map whose oldest are deleted one by one has to step over all of them. */
  #before: Traces = new Map()
  readonly #limit: number
  #spans = 0

  constructor(limit: number = SPANS) {
    this.#limit = limit
  }

  fresh({ traceId, spans, warnings }: Timeline): Fresh {
    const known = this.#known(traceId)
    const before = known === undefined ? undefined : new Set(known)
    const hashes = known ?? []
    const unfinished = warnings.has('in_flight')
    const fresh = spans.map((span) => {
      if (span.source === null || (unfinished && span.warnings.includes('in_flight'))) return false
      const hash = hashOf(span.spanId)
      if (before?.has(hash) === true) return false
      hashes.push(hash)
      this.#spans++
      return true
    })
    if (known === undefined) this.#traces.set(traceId, hashes)
    return fresh
  }

  #known(traceId: string): number[] | undefined {
    if (this.#spans >= this.#limit) {
      this.#before = this.#traces
      this.#traces = new Map()
      this.#spans = 0
    }
    const known = this.#traces.get(traceId) ?? this.#before.get(traceId)
    if (known !== undefined && this.#before.delete(traceId)) {
      this.#traces.set(traceId, known)
      this.#spans += known.length
    }
    return known
  }
}

/** FNV-1a. */
function hashOf(spanId: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < spanId.length; at++) hash = Math.imul(hash ^ spanId.charCodeAt(at), 0x01000193)
  return hash
}
