import { children, type Trace } from '../timeline/trace.ts'

/** The same span in two timelines; -1 where one of them has none. */
export interface Aligned {
  readonly a: number
  readonly b: number
  readonly depth: number
}

const keyOf = (trace: Trace, span: number): string => `${trace.phase(span) ?? ''} ${trace.name(span)}`

/** Children of two spans that are the same: the first of a name with the first, the second with the second. */
function matches(a: Trace, b: Trace, ofA: readonly number[], ofB: readonly number[]): Map<number, number> {
  const waiting = Map.groupBy(ofB, (span) => keyOf(b, span))
  const taken = new Map<string, number>()
  const found = new Map<number, number>()
  for (const span of ofA) {
    const key = keyOf(a, span)
    const next = taken.get(key) ?? 0
    const match = waiting.get(key)?.[next]
    if (match === undefined) continue
    taken.set(key, next + 1)
    found.set(span, match)
  }
  return found
}

/** Two rows of children as one: in the order of the first, what only the second has where it would be. */
function merged(a: Trace, b: Trace, one: Aligned): Aligned[] {
  const depth = one.depth + 1
  const ofA = one.a < 0 ? [] : [...children(a, one.a)]
  const ofB = one.b < 0 ? [] : [...children(b, one.b)]
  const found = matches(a, b, ofA, ofB)
  const matched = new Set(found.values())
  const alone = ofB.filter((span) => !matched.has(span))
  const rows: Aligned[] = []
  let next = 0
  const before = (span: number): void => {
    while (next < alone.length && (alone[next] as number) < span) rows.push({ a: -1, b: alone[next++] as number, depth })
  }
  for (const span of ofA) {
    const match = found.get(span) ?? -1
    if (match >= 0) before(match)
    rows.push({ a: span, b: match, depth })
  }
  before(Infinity)
  return rows
}

function gatewayOf(trace: Trace): number {
  for (let span = 0; span < trace.size; span++) if (trace.phase(span) === 'gateway') return span
  return -1
}

/** Where to begin: at the roots; where only one of the two has a client or a proxy in front, at the servers. */
function beginning(a: Trace, b: Trace): Aligned {
  const [serverA, serverB] = [gatewayOf(a), gatewayOf(b)]
  const alike = a.phase(0) === b.phase(0)
  return alike || serverA < 0 || serverB < 0 ? { a: 0, b: 0, depth: 0 } : { a: serverA, b: serverB, depth: 0 }
}

/** Two timelines as one tree, depth first: spans are the same if their parents are and their phase and name are. */
export function align(a: Trace, b: Trace): Aligned[] {
  if (a.size === 0 || b.size === 0) return []
  const rows: Aligned[] = []
  const open = [beginning(a, b)]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    rows.push(next)
    // Not push(...): a span may have more children than a call may have arguments.
    const below = merged(a, b, next)
    for (let at = below.length - 1; at >= 0; at--) open.push(below[at] as Aligned)
  }
  return rows
}

/** How much longer its own time is in the second; what is not there took no time. Nanoseconds. */
export function selfChange(a: Trace, b: Trace, row: Aligned): number {
  return (row.b < 0 ? 0 : (b.self[row.b] as number)) - (row.a < 0 ? 0 : (a.self[row.a] as number))
}

/** Beside the work of others, and as long as that: what changed is to be seen there. */
const WAITS: ReadonlySet<string | null> = new Set(['client.ttfb', 'proxy.wait'])

function waits(a: Trace, b: Trace, row: Aligned): boolean {
  return WAITS.has(row.a < 0 ? b.phase(row.b) : a.phase(row.a))
}

/** The rows whose own time changed by at least `least` nanoseconds, and what they are inside of. */
export function changed(a: Trace, b: Trace, rows: readonly Aligned[], least: number): Aligned[] {
  const kept: Aligned[] = []
  // Backwards: what comes after a row and is deeper is inside it, until something as high as the row.
  let wanted = -1
  for (const row of rows.toReversed()) {
    const above = row.depth < wanted
    if (!above && (waits(a, b, row) || Math.abs(selfChange(a, b, row)) < least)) continue
    wanted = row.depth
    kept.push(row)
  }
  return kept.reverse()
}
