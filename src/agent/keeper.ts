import { OWN } from '../model/attributes.ts'
import { now } from '../model/clock.ts'
import type { Exit } from './export/exit.ts'
import { OPEN, type AgentPhase } from './phase.ts'
import type { Keeper, TraceRecord } from './record.ts'
import { trouble } from './trouble.ts'

/** How long phases may outlive their root before the record leaves with what it has, in ms. */
const GRACE = 2_000
const LOOK = 500

/** Keeps the records that have not left. */
export class RecordKeeper implements Keeper {
  private readonly exit: Exit
  private newest: TraceRecord | undefined = undefined
  private timer: NodeJS.Timeout | undefined = undefined

  constructor(exit: Exit) {
    this.exit = exit
  }

  admit(record: TraceRecord): void {
    const { newest } = this
    record.older = newest
    if (newest !== undefined) newest.newer = record
    this.newest = record
  }

  leave(record: TraceRecord): void {
    const { older, newer, first } = record
    if (newer === undefined) this.newest = older
    else newer.older = older
    if (older !== undefined) older.newer = newer
    record.older = record.newer = record.first = record.last = undefined
    record.left = true
    if (first !== undefined) this.hand(record, first)
    const before = record.root?.up?.record
    if (before?.stream === record && !before.left) this.linger(before)
  }

  private hand(record: TraceRecord, first: AgentPhase): void {
    try {
      this.exit.take(record, first)
    } catch (error) {
      trouble('taking a record', error)
    }
  }

  linger(record: TraceRecord): void {
    record.deadline = now() + GRACE
    this.timer ??= setInterval(() => this.look(), LOOK).unref()
  }

  /** Lets go what has waited long enough for its last phases. */
  private look(): void {
    const time = now()
    let waiting = false
    for (const record of this.records()) {
      if (record.deadline === 0) continue
      if (record.deadline > time) waiting = true
      else if (record.stream?.left === false) this.wait(record)
      else this.abandon(record)
    }
    if (waiting) return
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** What is open of a request that has become a stream may be so for as long as that; the rest leaves. */
  private wait(record: TraceRecord): void {
    record.deadline = 0
    this.spill(record)
  }

  /** The records that have not left, newest first. */
  records(): TraceRecord[] {
    const all: TraceRecord[] = []
    for (let record = this.newest; record !== undefined; record = record.older) all.push(record)
    return all
  }

  /** Sends a record as it is; the phases that have not ended say so. */
  private abandon(record: TraceRecord): void {
    const time = now()
    for (let phase = record.first; phase !== undefined; phase = phase.next) {
      if (phase.ended !== OPEN) continue
      phase.set(OWN.inFlight, true)
      phase.ended = time
    }
    record.open = 0
    record.abandoned = true
    this.leave(record)
  }

  /** Sends all records, whatever is still open: the process ends. */
  abandonAll(): void {
    clearInterval(this.timer)
    this.timer = undefined
    for (const record of this.records()) this.abandon(record)
  }

  spill(record: TraceRecord): void {
    const chains: { ended?: AgentPhase; lastEnded?: AgentPhase; open?: AgentPhase; lastOpen?: AgentPhase } = {}
    for (let phase = record.first; phase !== undefined;) {
      const { next } = phase
      phase.next = undefined
      const [first, last] = phase.ended === OPEN ? (['open', 'lastOpen'] as const) : (['ended', 'lastEnded'] as const)
      if (chains[last] === undefined) chains[first] = phase
      else chains[last].next = phase
      chains[last] = phase
      phase = next
    }
    record.first = chains.open
    record.last = chains.lastOpen
    if (chains.ended !== undefined) this.hand(record, chains.ended)
  }
}
