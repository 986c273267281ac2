import { timekeeper } from './answered.ts'
import { meshOf, type ClockMesh } from './clock-mesh.ts'
import { agree, gather, type Bound, type ClockBound, type Evidence } from './evidence.ts'
import type { Node } from './node.ts'
import { isFirst } from './siblings.ts'
import { byText, sort } from './sort.ts'
import type { Tree } from './tree.ts'
import { BIT } from './warnings.ts'

/** What is known of clocks from elsewhere, say from other traces. */
export interface ClockKnowledge {
  /**
   * Bounds of the clock of `to` less that of `from`, in ns; undefined if nothing is known.
   * @param at when the trace began, ms since the epoch
   * @param traceId the trace's: what only it has said itself is no knowledge of others
   */
  bound(from: string, to: string, at: number, traceId?: string): Bound | undefined
}

/** How one host's clock was corrected, in the unit of its trace's scale. */
export interface Correction extends Bound {
  readonly host: string
  /** What was taken from its times. */
  readonly offset: number
  readonly pairs: number
  readonly confidence: 'bounded' | 'conflicting' | 'none'
}

/** How clocks were corrected, and what that says to others. */
export interface Corrected {
  /** One per other host, by name. */
  readonly corrections: readonly Correction[]
  /** What the trace itself says, both ways for each pair. */
  readonly evidence: Evidence
  /** What of the knowledge from elsewhere moved something, in the unit of the trace's scale. */
  readonly used: readonly ClockBound[]
}

/** Bounds from elsewhere in the unit of the trace's scale. */
export type Known = (from: string, to: string) => Bound | undefined

/**
 * Puts all times on the clock of the root's host, a browser's excepted. Hosts are placed in the order of their distance from it,
 * in calls, each against those already placed and by all that bounds it; a host that nothing is known of stays as it is.
 */
export function correctClocks({ root, nodes }: Tree, known: Known): Corrected {
  const reference = referenceHost(root)
  const hosts = new Set<string>()
  for (const { span } of nodes) if (span !== null && span.resource.host !== reference) hosts.add(span.resource.host)
  if (reference === undefined || hosts.size === 0) return ONE_CLOCK
  const evidence = gather(nodes)
  const used: ClockBound[] = []
  const placed = placeHosts(reference, hosts, evidence, neededMesh(reference, hosts, evidence), known, used)
  if ([...placed.values()].some(({ offset }) => offset !== 0)) for (const node of nodes) shift(node, placed)
  const others = [...placed.values()].filter(({ host }) => host !== reference)
  const corrections = sort(others, (a, b) => byText(a.host, b.host))
  return { corrections, evidence, used }
}

const ONE_CLOCK: Corrected = { corrections: [], evidence: new Map(), used: [] }

/** The host of the timekeeper; of a made-up root that of its first child. */
function referenceHost(root: Node): string | undefined {
  let node: Node | undefined = timekeeper(root)
  while (node?.span === null) {
    node = node.children.reduce((first, child) => (earlier(child, first) ? child : first), node.children[0] as Node)
  }
  return node?.span?.resource.host
}

function earlier(a: Node, b: Node): boolean {
  if (a.span === null || b.span === null) return a.span === null ? b.span === null && a.spanId < b.spanId : true
  return isFirst(a, b)
}

const NO_MESH: ClockMesh = new Map()

/**
 * The mesh, if hosts that are placed one after the other come to contradict each other. What others know has no say in that, so
 * that what of it was used gives the same again.
 */
function neededMesh(reference: string, hosts: ReadonlySet<string>, evidence: Evidence): ClockMesh {
  if (edgesOf(evidence) < 3) return NO_MESH
  const placed = placeHosts(reference, hosts, evidence, NO_MESH, () => undefined, [])
  return [...placed.values()].some(({ confidence }) => confidence === 'conflicting') ? meshOf(evidence) : NO_MESH
}

/** How many pairs of hosts called each other: a ring has three. */
function edgesOf(evidence: Evidence): number {
  let ends = 0
  for (const row of evidence.values()) ends += row.size
  return ends / 2
}

function placeHosts(
  reference: string,
  hosts: ReadonlySet<string>,
  evidence: Evidence,
  mesh: ClockMesh,
  known: Known,
  used: ClockBound[],
): Map<string, Correction> {
  const placed = new Map<string, Correction>([[reference, settled(reference, 0)]])
  const open = new Set(sort([...hosts], byText))
  for (let ring = [reference]; ring.length > 0;) {
    const next = new Set<string>()
    for (const host of ring) for (const other of evidence.get(host)?.keys() ?? []) if (open.has(other)) next.add(other)
    ring = sort([...next], byText)
    for (const host of ring) {
      open.delete(host)
      placed.set(host, place(host, placed, evidence, mesh, known, used))
    }
  }
  for (const host of open) placed.set(host, fromElsewhere(reference, host, known, used))
  return placed
}

/** Where a host's clock is, by the calls of this trace and what is known from elsewhere, which counts as a call more for each pair. */
function place(
  host: string,
  placed: ReadonlyMap<string, Correction>,
  evidence: Evidence,
  mesh: ClockMesh,
  known: Known,
  used: ClockBound[],
): Correction {
  const bounds: Bound[] = []
  const outside: ClockBound[] = []
  for (const [to, calls] of evidence.get(host) ?? []) {
    const offset = placed.get(to)?.offset
    if (offset === undefined) continue
    for (const { low, high } of calls) bounds.push({ low: offset - high, high: offset - low })
    const bound = known(to, host)
    if (bound !== undefined) outside.push({ from: to, to: host, ...bound })
  }
  const pairs = bounds.length
  for (const [to, { low, high }] of mesh.get(host) ?? []) {
    const offset = placed.get(to)?.offset
    if (offset !== undefined) bounds.push({ low: offset - high, high: offset - low })
  }
  const own = corrected(host, bounds, pairs)
  if (outside.length === 0) return own
  const shifted = outside.map(({ from, low, high }): Bound => {
    const offset = placed.get(from)?.offset ?? 0
    return { low: offset + low, high: offset + high }
  })
  const all = corrected(host, [...bounds, ...shifted], pairs)
  if (all.offset === own.offset) return own
  used.push(...outside)
  return all
}

function corrected(host: string, bounds: readonly Bound[], pairs: number): Correction {
  const { low, high, conflict } = agree(bounds)
  return { host, low, high, offset: inside(low, high), pairs, confidence: conflict ? 'conflicting' : 'bounded' }
}

function fromElsewhere(reference: string, host: string, known: Known, used: ClockBound[]): Correction {
  const bound = known(reference, host)
  if (bound === undefined || inside(bound.low, bound.high) === 0) return settled(host, 0)
  used.push({ from: reference, to: host, ...bound })
  return corrected(host, [bound], 0)
}

function settled(host: string, offset: number): Correction {
  return { host, offset, low: -Infinity, high: Infinity, pairs: 0, confidence: 'none' }
}

/** Zero if it is possible, else the middle; of an interval with one end that end. */
function inside(low: number, high: number): number {
  if (low <= 0 && high >= 0) return 0
  if (!Number.isFinite(low)) return high
  return Number.isFinite(high) ? Math.floor((low + high) / 2) : low
}

function shift(node: Node, placed: ReadonlyMap<string, Correction>): void {
  const offset = node.span === null ? 0 : (placed.get(node.span.resource.host)?.offset ?? 0)
  if (offset === 0) return
  node.start -= offset
  node.end -= offset
  node.flags |= BIT.clock_skew
}
