import type { Bound, ClockBound } from './evidence.ts'
import { majority } from './majority.ts'
import type { ClockKnowledge } from './skew.ts'

/** What is known of the clocks of two hosts: `to`'s less `from`'s, in ns. */
export interface KnownClock extends ClockBound {
  /** Traces that said so in the last window. */
  readonly traces: number
  /** Whether some of them contradicted others. */
  readonly conflict: boolean
  /** When the last of them began, ms since the epoch. */
  readonly at: number
}

/** Of each window the calls with the lowest latency are kept, so many. */
const KEPT = 16
/** So many calls in a row that contradict all before them and agree with each other: a clock was set. */
const TURN = 8

const ANYTHING: Bound = { low: -Infinity, high: Infinity }

/** What was said in one window of two hosts: the clock of the one whose name sorts last, less that of the other. */
class Entry {
  /** Who was seen to call whom. */
  readonly from: string
  readonly to: string
  traces = 0
  at = 0
  /** The trace that said it all, if it is one. */
  private teacher: string | undefined
  said: Bound = ANYTHING
  conflict = false
  /** The narrowest first. */
  private narrowest: Bound[] = []
  /** What the last calls agree on that all contradict what is said. */
  private turn: { bound: Bound; calls: number } = { bound: ANYTHING, calls: 0 }

  constructor({ from, to }: ClockBound) {
    this.from = from
    this.to = to
  }

  /** What others than this trace said. */
  saidTo(traceId: string | undefined): Bound | undefined {
    return traceId !== undefined && traceId === this.teacher ? undefined : this.said
  }

  add(bound: Bound, at: number, traceId: string | undefined): void {
    this.teacher = this.traces === 0 || this.teacher === traceId ? traceId : undefined
    this.traces++
    this.at = Math.max(this.at, at)
    const { narrowest } = this
    const full = narrowest.length === KEPT
    const width = widthOf(bound)
    const widest = widthOf(narrowest.at(-1) ?? ANYTHING)
    if (full && width > 2 * widest) return
    if (this.turned(bound)) this.narrowest = [this.turn.bound]
    else if (full && width >= widest) return
    else {
      const place = narrowest.findIndex((one) => width < widthOf(one))
      narrowest.splice(place < 0 ? narrowest.length : place, 0, bound)
      if (full) narrowest.pop()
    }
    const { low, high, of } = majority(this.narrowest)
    this.said = { low, high }
    this.conflict = of < this.narrowest.length
  }

  /** Whether the clock was set. Of calls that took much longer than others nothing of the kind is believed. */
  private turned(bound: Bound): boolean {
    if (meet(bound, this.said) !== undefined) this.turn = { bound: ANYTHING, calls: 0 }
    else {
      const both = meet(bound, this.turn.bound)
      this.turn = { bound: both ?? bound, calls: both === undefined ? 1 : this.turn.calls + 1 }
    }
    return this.turn.calls === TURN
  }
}

/**
 * Knowledge of clocks from many traces: for each pair of hosts what most of the calls with the lowest latency agree on, by windows
 * of the traces' own time, so that a file of last week's traces and today's requests say nothing of each other. A bound counts
 * for its window and the next. Holds so many pairs and windows at most; the one that was heard of longest ago goes first.
 */
export class ClockBook implements ClockKnowledge {
  readonly #window: number
  readonly #limit: number
  readonly #entries = new Map<string, Entry>()

  /** @param options `windowMs` 5 minutes, `pairs` 10,000 by default */
  constructor({ windowMs = 300_000, pairs = 10_000 }: { readonly windowMs?: number; readonly pairs?: number } = {}) {
    this.#window = windowMs
    this.#limit = pairs
  }

  /** Adds what a trace said. @param at when it began, ms since the epoch */
  learn(observed: readonly ClockBound[], at: number, traceId?: string): void {
    const window = Math.floor(at / this.#window)
    for (const bound of observed) {
      const key = keyOf(bound.from, bound.to, window)
      const entry = this.#entries.get(key) ?? new Entry(bound)
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      entry.add(sorted(bound), at, traceId)
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break
      this.#entries.delete(key)
    }
  }

  bound(from: string, to: string, at: number, traceId?: string): Bound | undefined {
    const window = Math.floor(at / this.#window)
    const current = this.#entries.get(keyOf(from, to, window))?.saidTo(traceId)
    const former = this.#entries.get(keyOf(from, to, window - 1))?.saidTo(traceId)
    const said = current && former ? (meet(current, former) ?? current) : (current ?? former)
    return said && sorted({ from, to, ...said })
  }

  /** The last word on each pair of hosts, the caller first. */
  known(): KnownClock[] {
    const last = new Map<string, KnownClock>()
    for (const { from, to, said, traces, conflict, at } of this.#entries.values())
      last.set(keyOf(from, to, 0), { from, to, ...sorted({ from, to, ...said }), traces, conflict, at })
    return [...last.values()]
  }
}

/** Both ways the same. */
function keyOf(one: string, other: string, window: number): string {
  return one < other ? `${one}\n${other}\n${window}` : `${other}\n${one}\n${window}`
}

/** A bound from the host whose name sorts first to the other, and back again. */
function sorted({ from, to, low, high }: ClockBound): Bound {
  return from < to ? { low, high } : { low: -high, high: -low }
}

function widthOf({ low, high }: Bound): number {
  return high - low
}

function meet(a: Bound, b: Bound): Bound | undefined {
  const low = Math.max(a.low, b.low)
  const high = Math.min(a.high, b.high)
  return low <= high ? { low, high } : undefined
}
