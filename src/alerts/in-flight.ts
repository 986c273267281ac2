import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import { routeOf, subjectOf } from './learn.ts'
import type { Subject } from './observation.ts'

/** A phase that had not ended when it was last heard of. */
export interface OpenPhase {
  readonly subject: Subject
  readonly traceId: string
  readonly spanId: string
  /** How long it had been running then, ms: what is known, not what is guessed. */
  readonly ageMs: number
  /** When that was, ms since the epoch on our clock. */
  readonly seenAt: number
}

/** So many are kept; beyond that the traces that have been silent for longest go. */
const LIMIT = 10_000

/**
 * A request that hangs is heard of after pauses that double up to this (`agent/in-flight.ts`). Of one that keeps silent for a pause
 * and a while more, nothing is known: its process is gone.
 */
const LONGEST_PAUSE_MS = 30_000
const WHILE_MS = 15_000

/** What runs at the moment, as far as snapshots of it have come. */
export class InFlight {
  /** By trace, the one that was silent for longest first. */
  readonly #traces = new Map<string, readonly OpenPhase[]>()
  readonly #limit: number
  #size = 0

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  /** Takes the newest version of a timeline for what is known of its trace: what has ended is no longer here. */
  see(timeline: Timeline, now: number): void {
    const { traceId } = timeline
    const before = this.#traces.get(traceId) ?? []
    const after = timeline.warnings.has('in_flight') ? openOf(timeline, before, now) : []
    this.#put(traceId, after)
  }

  /** Lets go what has been silent for too long. */
  forget(now: number): void {
    for (const [traceId, phases] of this.#traces) {
      const heard = phases.filter(({ ageMs, seenAt }) => now - seenAt <= Math.min(ageMs, LONGEST_PAUSE_MS) + WHILE_MS)
      if (heard.length < phases.length) this.#put(traceId, heard)
    }
  }

  /** The clock was set back. */
  rewind(now: number): void {
    for (const [traceId, phases] of this.#traces) {
      const heard = phases.map((phase) => ({ ...phase, seenAt: Math.min(phase.seenAt, now) }))
      this.#traces.set(traceId, heard)
    }
  }

  *[Symbol.iterator](): Generator<OpenPhase> {
    for (const phases of this.#traces.values()) yield* phases
  }

  toData(): OpenPhase[] {
    return [...this]
  }

  /** While nobody listened nobody could be heard: the silence begins now. */
  restore(phases: readonly OpenPhase[], now: number): void {
    for (const [traceId, some] of Map.groupBy(phases, (phase) => phase.traceId))
      this.#put(
        traceId,
        some.map((phase) => ({ ...phase, seenAt: now })),
      )
  }

  #put(traceId: string, phases: readonly OpenPhase[]): void {
    this.#size += phases.length - (this.#traces.get(traceId)?.length ?? 0)
    this.#traces.delete(traceId)
    if (phases.length > 0) this.#traces.set(traceId, phases)
    for (const [silent, some] of this.#traces) {
      if (this.#size <= this.#limit || silent === traceId) return
      this.#size -= some.length
      this.#traces.delete(silent)
    }
  }
}

/** The open phases of a timeline. One that is no older than before was not heard of anew: something else of its trace was. */
function openOf({ traceId, spans }: Timeline, before: readonly OpenPhase[], now: number): OpenPhase[] {
  const open: OpenPhase[] = []
  const known = new Map(before.map((phase) => [phase.spanId, phase]))
  const around: TimelineSpan[] = []
  const routes: string[] = []
  for (const span of spans) {
    const { depth, phase, spanId, source } = span
    const outer = depth === 0 ? undefined : around[depth - 1]
    const route = phase === 'gateway' ? routeOf(span) : (routes[depth - 1] ?? '')
    around[depth] = span
    routes[depth] = route
    if (phase === null || source === null || !isOpen(span) || isLeftOver(span, outer)) continue
    const ageMs = Number(span.end - span.start) / 1e6
    const former = known.get(spanId)
    const seenAt = former?.ageMs === ageMs ? former.seenAt : now
    open.push({ subject: subjectOf(span, phase, route), traceId, spanId, ageMs, seenAt })
  }
  return open
}

const isOpen = ({ warnings }: TimelineSpan): boolean => warnings.includes('in_flight')

/** Whether what it was part of is over: nobody waits for it, and its process will not say when it ends. */
function isLeftOver({ kind, service, host }: TimelineSpan, outer: TimelineSpan | undefined): boolean {
  return outer !== undefined && kind !== 'SERVER' && outer.service === service && outer.host === host && !isOpen(outer)
}
