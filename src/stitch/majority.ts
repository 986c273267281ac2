import type { Bound } from './evidence.ts'

/**
 * What most of the bounds agree on: the part that lies in as many of them as possible, of several such the narrowest, then the
 * lowest (Marzullo's algorithm, by which NTP tells true clocks from false ones). All of them, if they do not conflict.
 * @param bounds at least one
 * @returns that part, and in how many it lies
 */
export function majority(bounds: readonly Bound[]): Bound & { readonly of: number } {
  const lows = bounds.map(({ low }) => low).sort((a, b) => a - b)
  const highs = bounds.map(({ high }) => high).sort((a, b) => a - b)
  let best = { low: -Infinity, high: Infinity, of: 0 }
  let ended = 0
  for (const [begun, low] of lows.entries()) {
    while ((highs[ended] as number) < low) ended++
    const of = begun + 1 - ended
    const high = highs[ended] as number
    if (of > best.of || (of === best.of && high - low < best.high - best.low)) best = { low, high, of }
  }
  return best
}
