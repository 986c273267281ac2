import { setImmediate } from 'node:timers/promises'
import { now } from '../model/clock.ts'
import type { Span } from '../model/span.ts'
import { atOnce, inTurns } from '../model/steps.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { SpanReader } from '../otlp/decode.ts'
import type { ClockBook } from '../stitch/clock-book.ts'
import type { ClockBound } from '../stitch/evidence.ts'
import type { ClockKnowledge } from '../stitch/skew.ts'
import type { Stitched } from '../stitch/stitch.ts'
import type { Store, StoredTrace } from '../store/contract.ts'
import { clocksOf, knowing, withClocks } from './clocks.ts'
import type { Gathered, Gatherer } from './gather.ts'
import type { Journal } from './journal.ts'
import { merging } from './merge.ts'
import { piecesOf, requestOf, requestsOf } from './packs.ts'
import { assemble } from './pieces.ts'

/** How often what has been gathered is looked through, in ms. */
const PERIOD = 100
/** A batch takes no longer than this, in ms. */
const SLICE = 15
/** After so much work the process takes part in the rest of its life, in ms: whoever asks meanwhile waits for so long, mostly twice. */
const BREATH = 4
/** Bytes of spans that are put together, some 1,500: a commit writes as many pages for few as for many. Measured: a quarter of them took a tenth more. */
const BATCH = 512 * 1024
/** Between the steps of a trace with so many bytes of spans others get their turn: 100,000 spans take the better part of a second. */
const LARGE = 1024 * 1024
/** So many spans are read in one step. */
const SPANS = 10_000
/** One trace may have so many bytes of spans; what comes beyond is dropped and counted. */
const LARGEST = 256 * 1024 * 1024

/** What the keeper works with. */
export interface KeeperParts {
  readonly gatherer: Gatherer
  readonly log: Journal | undefined
  readonly store: Store
  readonly stitching: (spans: readonly Span[], knowledge: ClockKnowledge) => Generator<void, Stitched>
  readonly clocks: ClockBook
  readonly summarise: (timeline: Timeline) => Summary
  /** A timeline is new or has changed by what was gathered, and is stored. */
  readonly stored: (summary: Summary, timeline: Timeline, from: Gathered) => void
  /** Something could not be kept, in a sentence. */
  readonly warn: (sentence: string) => void
}

/** Takes traces that are complete, or have waited long enough, stitches them and puts them into the store, a slice at a time. */
export class Keeper {
  readonly counts: { stored: number; dropped: number } = { stored: 0, dropped: 0 }
  private readonly parts: KeeperParts
  private readonly timer: NodeJS.Timeout
  private working: Promise<void> = Promise.resolve()
  private busy = false

  constructor(parts: KeeperParts) {
    this.parts = parts
    this.timer = setInterval(() => {
      if (!this.busy) void this.work(false)
    }, PERIOD)
    this.timer.unref()
  }

  /** Stitches and stores what is due. @param all whether what still waits for more goes too */
  work(all: boolean): Promise<void> {
    this.working = this.after(this.working, all)
    return this.working
  }

  /** One round at a time. */
  private async after(former: Promise<void>, all: boolean): Promise<void> {
    await former
    this.busy = true
    try {
      await this.round(all)
    } finally {
      this.busy = false
    }
  }

  private async round(all: boolean): Promise<void> {
    const due = this.parts.gatherer.due(now(), all)
    // Nobody waits for a large one who could have gone first.
    due.sort((a, b) => Number(a.bytes > LARGE) - Number(b.bytes > LARGE))
    let breath = performance.now()
    for (let at = 0; at < due.length;) {
      const end = performance.now() + SLICE
      const batch: { from: Gathered; trace: StoredTrace }[] = []
      let bytes = 0
      while (at < due.length && bytes < BATCH && performance.now() < end) {
        const from = due[at++] as Gathered
        bytes += from.bytes
        const trace = await this.stitched(from)
        if (trace !== undefined) batch.push({ from, trace })
        if (performance.now() - breath > BREATH) breath = await otherTurn()
      }
      await this.put(batch)
      breath = await otherTurn()
    }
  }

  /** @returns undefined if it had to be dropped */
  private async stitched(from: Gathered): Promise<StoredTrace | undefined> {
    const { store, gatherer } = this.parts
    try {
      const started = performance.now()
      const stored = await store.otlp(from.traceId)
      const steps = this.steps(from, stored)
      const trace = from.bytes + (stored?.length ?? 0) > LARGE ? await inTurns(steps, setImmediate) : atOnce(steps)
      gatherer.took(from.traceId, performance.now() - started, now())
      return trace
    } catch (error) {
      this.drop(from, error)
      return undefined
    }
  }

  /** @param stored what was put of it before, if anything was */
  private *steps(from: Gathered, stored: Uint8Array | undefined): Generator<void, StoredTrace> {
    checkSize(from.bytes)
    if (stored === undefined) return yield* this.first(from)
    const former = clocksOf(stored)
    const otlp = yield* merging(former.otlp, piecesOf(from), from.replayed ? 1 : 2)
    checkSize(otlp.length)
    return yield* this.stitching(yield* reading(otlp), () => otlp, former.used)
  }

  /** Of a large trace that was not there before the bytes are never all in memory beside the spans. */
  private *first(from: Gathered): Generator<void, StoredTrace> {
    if (from.packs.length > 0) {
      const spans: Span[] = []
      for (const request of requestsOf(from)) {
        yield
        for (const span of yield* reading(request)) spans.push(span)
      }
      return yield* this.stitching(spans, () => requestOf(from))
    }
    const otlp = assemble(from.pieces)
    return yield* this.stitching(yield* reading(otlp), () => otlp)
  }

  /** @param former what of other traces it was stitched with before: its late spans are stitched with the same */
  private *stitching(
    spans: readonly Span[],
    otlp: () => Uint8Array,
    former?: readonly ClockBound[],
  ): Generator<void, StoredTrace> {
    const { clocks, stitching, summarise } = this.parts
    const inSteps = spans.length > SPANS / 2
    const { timeline, at, observed, used } = yield* stitching(spans, former ? knowing(former, clocks) : clocks)
    clocks.learn(observed, at, timeline.traceId)
    if (inSteps) yield
    // Worked out when it is first asked for, which a summary does.
    void timeline.version
    if (inSteps) yield
    void timeline.phases
    if (inSteps) yield
    const summary = summarise(timeline)
    if (inSteps) yield
    return { timeline, summary, otlp: withClocks(otlp(), used) }
  }

  private async put(batch: readonly { from: Gathered; trace: StoredTrace }[]): Promise<void> {
    if (batch.length === 0) return
    try {
      await this.parts.store.put(batch.map(({ trace }) => trace))
      if (batch.some(({ trace }) => trace.otlp.length > LARGE)) await setImmediate()
    } catch (error) {
      for (const { from } of batch) this.drop(from, error)
      return
    }
    for (const { from, trace } of batch) {
      this.counts.stored += from.spans
      this.release(from)
      this.tell(from, trace)
    }
  }

  /** It is stored, whatever those who are told make of it. */
  private tell(from: Gathered, { summary, timeline }: StoredTrace): void {
    try {
      this.parts.stored(summary, timeline, from)
    } catch (error) {
      this.parts.warn(`trace ${from.traceId} is stored, but was not sent on: ${(error as Error).message}`)
    }
  }

  private drop(from: Gathered, error: unknown): void {
    this.counts.dropped += from.spans
    this.release(from)
    this.parts.warn(`${from.spans} spans of trace ${from.traceId} were dropped: ${(error as Error).message}`)
  }

  private release(from: Gathered): void {
    this.parts.gatherer.done(from)
    this.parts.log?.release(from.segments)
  }

  /** Stores everything that has come so far and stops. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.work(true)
  }
}

function checkSize(bytes: number): void {
  if (bytes > LARGEST) throw new Error(`it has more than ${LARGEST} bytes`)
}

/** The spans of a request. */
function* reading(request: Uint8Array): Generator<void, Span[]> {
  const reader = new SpanReader(request)
  if (request.length > LARGE) yield
  for (let until = SPANS; reader.read(until); until += SPANS) yield
  return reader.spans
}

/** Lets the process take part in the rest of its life. @returns when that was over */
async function otherTurn(): Promise<number> {
  await setImmediate()
  return performance.now()
}
