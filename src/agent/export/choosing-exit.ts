import { now } from '../../model/clock.ts'
import type { Exit } from './exit.ts'
import { interesting } from './interesting.ts'
import { measure } from '../metrics/measure.ts'
import type { Meter } from '../metrics/meter.ts'
import type { AgentPhase } from '../phase.ts'
import type { TraceRecord } from '../record.ts'
import { counters, SAMPLED_COST } from '../stats.ts'

/** Which requests leave although they were not sampled: in-process tail sampling. */
export interface Keep {
  /** Those that took longer than this, in ms. */
  readonly slowerThanMs?: number | undefined
  /** Those in which something failed. */
  readonly errors?: boolean | undefined
}

/** What happens to a record before it leaves. */
export interface Choice {
  /** Where it is measured; undefined: nowhere. */
  readonly meter: Meter | undefined
  readonly keep: Keep | undefined
  /** `interesting`: the spans that say little are left out. */
  readonly spans: 'all' | 'interesting' | undefined
}

/** In ms. */
const PATIENCE = 1_000

/** In front of another exit: measures every request, and lets only those through that were sampled or are worth it. */
export class ChoosingExit implements Exit {
  /** Undefined: requests are measured only. */
  private readonly inner: Exit | undefined
  private readonly choice: Choice
  private taken = 0

  constructor(inner: Exit | undefined, choice: Choice) {
    this.inner = inner
    this.choice = choice
  }

  take(record: TraceRecord, first: AgentPhase): void {
    const { meter, spans } = this.choice
    const leaves = this.inner !== undefined && this.leaves(record, first)
    if (meter !== undefined) this.measure(meter, record, first, leaves)
    if (leaves) this.inner?.take(record, spans === 'interesting' && record.left ? interesting(record, first) : first)
    else unlink(first)
  }

  private measure({ book }: Meter, record: TraceRecord, first: AgentPhase, shown: boolean): void {
    if ((this.taken++ & (SAMPLED_COST - 1)) !== 0) return measure(book, record, first, shown)
    const from = now()
    measure(book, record, first, shown)
    counters.measureMs += (now() - from) * SAMPLED_COST
  }

  private leaves(record: TraceRecord, first: AgentPhase): boolean {
    const { keep } = this.choice
    if (record.sampled || record.chosen) return true
    return keep !== undefined && (record.chosen = worthIt(keep, record, first))
  }

  async flush(timeout: number): Promise<void> {
    await Promise.all([this.inner?.flush(timeout), this.choice.meter?.flush(timeout)])
  }

  async shutdown(timeout: number): Promise<void> {
    await Promise.all([this.inner?.shutdown(timeout), this.choice.meter?.shutdown(timeout)])
  }

  lastGasp(): void {
    const from = now()
    this.inner?.lastGasp()
    // A collector that let the spans wait is not asked again: the process has been held up enough.
    if (now() - from < PATIENCE) this.choice.meter?.lastGasp()
  }
}

/** A record that leaves before its end, because it has grown long, is worth it for that alone. */
function worthIt({ slowerThanMs = Infinity, errors = false }: Keep, record: TraceRecord, first: AgentPhase): boolean {
  const { root } = record
  // A stream goes where its request went.
  if (root?.up?.record.stream === record) return root.up.record.chosen
  if (!record.left || root === undefined || root.ended - root.started >= slowerThanMs) return true
  return errors && failed(first)
}

function failed(first: AgentPhase): boolean {
  for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) {
    if (phase.status === 2) return true
  }
  return false
}

/** One phase that somebody still holds must not keep all of them in memory. */
function unlink(first: AgentPhase): void {
  for (let phase: AgentPhase | undefined = first; phase !== undefined;) {
    const { next }: AgentPhase = phase
    phase.next = undefined
    phase = next
  }
}
