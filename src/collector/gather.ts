import { pack, type Pack } from './packs.ts'
import type { Piece } from './pieces.ts'

/** A trace some of whose spans have come and are not stored yet. */
export interface Gathered {
  readonly traceId: string
  readonly packs: Pack[]
  readonly pieces: Piece[]
  spans: number
  /** Of all its spans, as they came. */
  bytes: number
  /** Of those that are in no pack. */
  loose: number
  /** What it counts for among what waits. */
  weight: number
  /** Whether a span without a parent is among them. */
  rooted: boolean
  /** Whether some come from the log of a former process and may be stored already. */
  replayed: boolean
  readonly first: number
  last: number
  /** The parts of the intake log that hold it. */
  readonly segments: number[]
}

/** What is known of spans as they come. */
export interface Arrival {
  readonly spans: number
  readonly rooted: boolean
  readonly segment: number
  readonly replayed: boolean
  /** ms of a clock that nobody sets back: for as long a trace would wait, and all who send would be told to wait. */
  readonly now: number
}

/** How long a trace waits for more spans, in ms. */
export interface Patience {
  /** After its last span, if its root has come: what is complete is shown soon. */
  readonly rooted: number
  /** After its last span, if its root has not. */
  readonly rootless: number
  /** After its first span, however many still come. */
  readonly most: number
}

const PATIENCE: Patience = { rooted: 300, rootless: 1_500, most: 5_000 }

/** Bytes of spans that wait, beyond which it gets tight: half of what a collector has room for by default. */
const ROOM = 16 * 1024 * 1024

/**
 * So many bytes of one trace are made a pack; less than the room, beyond which nothing is held. Measured with 100,000 spans again and
 * again: 448 to 502 MB resident, with packs of 4 MiB 466 to 631 (what spans share is shared within a pack), with none 496 to 548.
 */
const PACK = 12 * 1024 * 1024
/** What is packed takes a tenth of the room, and all of the time: it counts for so much less. */
const LIGHTER = 16

/** Collects the spans of each trace until nothing of it has come for a while, so that most traces are stitched once. */
export class Gatherer {
  spans = 0
  /** What waits, in bytes; packs weigh less than what is in them. */
  bytes = 0
  private readonly patience: Patience
  private readonly traces = new Map<string, Gathered>()
  /** Traces that take long to stitch wait for longer, so that one that grows for hours costs a twentieth of the time at most. */
  private readonly heldUntil = new Map<string, number>()

  constructor(patience: Patience = PATIENCE) {
    this.patience = patience
  }

  get size(): number {
    return this.traces.size
  }

  /** @returns whether nothing of this trace from this segment was here before */
  add(traceId: string, piece: Piece, { spans, rooted, segment, replayed, now }: Arrival): boolean {
    let trace = this.traces.get(traceId)
    if (trace === undefined) {
      trace = newTrace(traceId, now)
      this.traces.set(traceId, trace)
    }
    const size = piece.end - piece.start
    trace.pieces.push(piece)
    trace.spans += spans
    trace.bytes += size
    trace.loose += size
    trace.weight += size
    trace.rooted ||= rooted
    trace.replayed ||= replayed
    trace.last = now
    this.spans += spans
    this.bytes += size
    if (trace.loose > PACK) this.pack(trace)
    if (trace.segments.includes(segment)) return false
    trace.segments.push(segment)
    return true
  }

  private pack(trace: Gathered): void {
    const one = pack(trace.pieces)
    const weight = Math.max(one.packed.length, Math.ceil(trace.loose / LIGHTER))
    trace.packs.push(one)
    trace.pieces.length = 0
    this.bytes += weight - trace.loose
    trace.weight += weight - trace.loose
    trace.loose = 0
  }

  /** Those that have waited long enough, the oldest first; they are no longer here. @param all whether the others go too */
  due(now: number, all: boolean): Gathered[] {
    const { rooted, rootless, most } = this.patience
    const due: Gathered[] = []
    for (const trace of this.traces.values()) {
      const quiet = now - trace.last >= (trace.rooted ? rooted : rootless)
      if (all || ((quiet || now - trace.first >= most) && !this.isHeld(trace, now))) due.push(trace)
    }
    for (const trace of due) this.traces.delete(trace.traceId)
    return due
  }

  /** One that takes half of all the room is not held: others would be told to wait. */
  private isHeld({ traceId, weight }: Gathered, now: number): boolean {
    return now < (this.heldUntil.get(traceId) ?? 0) && (this.bytes < ROOM || weight < ROOM / 2)
  }

  /** It is stored, or dropped: no longer counted. */
  done(trace: Gathered): void {
    this.spans -= trace.spans
    this.bytes -= trace.weight
  }

  /** Stitching it took this long (ms). */
  took(traceId: string, ms: number, now: number): void {
    if (ms < 50) return
    if (this.heldUntil.size >= 1_000) this.heldUntil.clear()
    this.heldUntil.set(traceId, now + 20 * ms)
  }
}

function newTrace(traceId: string, now: number): Gathered {
  const counts = { spans: 0, bytes: 0, loose: 0, weight: 0 }
  return { traceId, packs: [], pieces: [], ...counts, rooted: false, replayed: false, first: now, last: now, segments: [] }
}
