import type { Span } from '../model/span.ts'
import { distinct } from './distinct.ts'
import { agree, gather, type Bound } from './evidence.ts'
import { scaleOf } from './scale.ts'
import type { ClockKnowledge } from './skew.ts'
import { plant } from './tree.ts'

/** What one trace says of the clocks of two hosts: `to`'s less `from`'s, in ns. */
export interface ClockBound extends Bound {
  readonly from: string
  readonly to: string
}

/** What the spans of one trace say of its hosts' clocks, both ways for each pair; nothing where they contradict each other. */
export function observedClocks(spans: readonly Span[]): ClockBound[] {
  const [first] = spans
  if (first === undefined || spans.every(({ resource }) => resource.host === first.resource.host)) return []
  const scale = scaleOf(spans)
  const unit = Number(scale.unit)
  const observed: ClockBound[] = []
  for (const [from, row] of gather(plant('', distinct(spans, scale)).nodes)) {
    for (const [to, bounds] of row) {
      const { low, high, conflict } = agree(bounds)
      if (!conflict) observed.push({ from, to, low: low * unit, high: high * unit })
    }
  }
  return observed
}

interface Entry {
  current: Bound
  /** What the window before this one said. */
  former: Bound | undefined
  /** When the window began, ms. */
  since: number
}

/**
 * Knowledge of clocks from many traces: for each pair of hosts what all calls of the last one to two windows agree on. A clock
 * that is set shows as a contradiction; then what was known before is forgotten. Holds so many pairs at most; the one that was
 * heard of longest ago goes first.
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

  /** Adds what a trace said. @param now ms, of any clock that does not go back */
  learn(observed: readonly ClockBound[], now: number): void {
    for (const { from, to, low, high } of observed) {
      const key = `${from}\n${to}`
      const entry = this.#entries.get(key)
      this.#entries.delete(key)
      this.#entries.set(key, this.#revised(entry, { low, high }, now))
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) break
      this.#entries.delete(key)
    }
  }

  #revised(entry: Entry | undefined, bound: Bound, now: number): Entry {
    if (entry === undefined || now - entry.since >= 2 * this.#window) return { current: bound, former: undefined, since: now }
    if (now - entry.since >= this.#window) return { current: bound, former: entry.current, since: now }
    const both = meet(entry.current, bound)
    if (both === undefined) return { current: bound, former: undefined, since: now }
    return { ...entry, current: both, former: entry.former && meet(entry.former, both) && entry.former }
  }

  bound(from: string, to: string): Bound | undefined {
    const entry = this.#entries.get(`${from}\n${to}`)
    if (entry === undefined) return undefined
    return (entry.former && meet(entry.current, entry.former)) ?? entry.current
  }
}

function meet(a: Bound, b: Bound): Bound | undefined {
  const low = Math.max(a.low, b.low)
  const high = Math.min(a.high, b.high)
  return low <= high ? { low, high } : undefined
}
