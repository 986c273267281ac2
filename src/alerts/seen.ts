import type { Timeline } from '../model/timeline.ts'

/** So many of the latest spans are remembered: a late one makes a new version of a timeline, not a second observation of the rest. */
const SPANS = 500_000

/** Of each span of a timeline, by its place, whether it counts. */
export type Fresh = readonly boolean[]

/** Lets each finished span of a trace through once. */
export class Seen {
  /** Hashes of span ids: of two in one trace one in 2^32 is mistaken for the other, and not counted. */
  readonly #traces = new Map<string, number[]>()
  readonly #limit: number
  #spans = 0

  constructor(limit: number = SPANS) {
    this.#limit = limit
  }

  fresh({ traceId, spans, warnings }: Timeline): Fresh {
    const known = this.#traces.get(traceId)
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
    this.#forget(traceId)
    return fresh
  }

  /** The oldest first, but never the one that has just come. */
  #forget(newest: string): void {
    for (const [traceId, hashes] of this.#traces) {
      if (this.#spans <= this.#limit || traceId === newest) return
      this.#spans -= hashes.length
      this.#traces.delete(traceId)
    }
  }
}

/** FNV-1a. */
function hashOf(spanId: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < spanId.length; at++) hash = Math.imul(hash ^ spanId.charCodeAt(at), 0x01000193)
  return hash
}
