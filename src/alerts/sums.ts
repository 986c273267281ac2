import { Histogram } from '../model/histogram.ts'
import type { Series } from './series.ts'
import type { Exemplar } from './slot.ts'

/** Traces to look at; null where none is known. */
export interface Exemplars {
  readonly slowest: Exemplar | null
  readonly typical: Exemplar | null
}

/** What is known of series that count together, in the windows that were asked for. */
interface Known {
  readonly self: Map<number, { readonly all: Histogram; readonly parts: readonly Histogram[] }>
  readonly exemplars: Map<number, Exemplars>
}

/** What series come to together at one moment, added up once for all rules that ask. Series are the same together as one list only. */
export class Sums {
  readonly now: number
  readonly #selfOf: (series: Series, windowMs: number) => Histogram
  readonly #known = new Map<readonly Series[], Known>()

  /** @param selfOf a series' histogram of a window, where that is known already */
  constructor(now: number, selfOf?: (series: Series, windowMs: number) => Histogram) {
    this.now = now
    this.#selfOf = selfOf ?? ((series, windowMs) => together(series.window(now, windowMs).map(({ self }) => self)))
  }

  /** Self times in the window, in seconds. */
  self(members: readonly Series[], windowMs: number): Histogram {
    return this.#self(members, windowMs).all
  }

  /** The slowest of the window, and one at its median. */
  exemplars(members: readonly Series[], windowMs: number): Exemplars {
    const { exemplars } = this.#of(members)
    let found = exemplars.get(windowMs)
    if (found === undefined) {
      const { all, parts } = this.#self(members, windowMs)
      found = exemplarsOf(members, parts, this.now - windowMs, all.quantile(0.5))
      exemplars.set(windowMs, found)
    }
    return found
  }

  #self(members: readonly Series[], windowMs: number): { all: Histogram; parts: readonly Histogram[] } {
    const { self } = this.#of(members)
    let found = self.get(windowMs)
    if (found === undefined) {
      const parts = members.map((series) => this.#selfOf(series, windowMs))
      self.set(windowMs, (found = { all: together(parts), parts }))
    }
    return found
  }

  #of(members: readonly Series[]): Known {
    let known = this.#known.get(members)
    if (known === undefined) this.#known.set(members, (known = { self: new Map(), exemplars: new Map() }))
    return known
  }
}

/** One histogram of all; the only one as it is. */
export function together(parts: readonly Histogram[]): Histogram {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const all = new Histogram()
  for (const part of parts) all.merge(part)
  return all
}

/** So near to the median is at it: the histogram itself knows it no better. */
const NEAR = 0.011

/**
 * Most series are passed over, without a look at their slots: they have nothing slower, once one is found that took about as long
 * as the median.
 * @param parts what each of the series has in the window @param since slots that ended by then do not count @param median in seconds
 */
function exemplarsOf(members: readonly Series[], parts: readonly Histogram[], since: number, median: number): Exemplars {
  let slowest: Exemplar | null = null
  let typical: Exemplar | null = null
  let nearest = Infinity
  for (const [index, { slots }] of members.entries()) {
    const most = parts[index]?.max ?? Infinity
    if (nearest <= median * NEAR && most <= (slowest?.selfSeconds ?? -1)) continue
    // Slots are by start: from the newest back to the first that is too old.
    for (let i = slots.length - 1; i >= 0; i--) {
      const slot = slots[i]
      if (slot === undefined || slot.start + slot.ms <= since) break
      if (slot.slowest !== null && slot.slowest.selfSeconds > (slowest?.selfSeconds ?? -1)) ({ slowest } = slot)
      const distance = slot.typical === null ? Infinity : Math.abs(slot.typical.selfSeconds - median)
      if (distance < nearest) [typical, nearest] = [slot.typical, distance]
    }
  }
  return { slowest, typical }
}
