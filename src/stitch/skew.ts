import { agree, gather, type Bound, type Evidence } from './evidence.ts'
import type { Node } from './node.ts'
import type { Tree } from './tree.ts'
import { BIT } from './warnings.ts'

/** What is known of clocks from elsewhere, say from other traces. */
export interface ClockKnowledge {
  /** Bounds of the clock of `to` less that of `from`, in ns; undefined if nothing is known. */
  bound(from: string, to: string): Bound | undefined
}

/** How one host's clock was corrected, in the unit of its trace's scale. */
export interface Correction extends Bound {
  readonly host: string
  /** What was taken from its times. */
  readonly offset: number
  readonly pairs: number
  readonly confidence: 'bounded' | 'conflicting' | 'none'
}

/**
 * Puts all times on the clock of the root's host. Hosts are placed in the order of their distance from it, in calls, each
 * against those already placed; a host that nothing is known of stays as it is.
 * @param unit ns per unit of the nodes' times
 * @returns one row per other host, by name
 */
export function correctClocks({ root, nodes }: Tree, unit: number, knowledge?: ClockKnowledge): Correction[] {
  const reference = referenceHost(root)
  const hosts = new Set<string>()
  for (const { span } of nodes) if (span !== null && span.resource.host !== reference) hosts.add(span.resource.host)
  if (reference === undefined || hosts.size === 0) return []
  const placed = placeHosts(reference, hosts, gather(nodes), (from, to) => scaled(knowledge?.bound(from, to), unit))
  for (const node of nodes) shift(node, placed)
  return [...placed.values()].filter(({ host }) => host !== reference).sort((a, b) => (a.host < b.host ? -1 : 1))
}

/** The host of the root; of a made-up one that of its first child. */
function referenceHost(root: Node): string | undefined {
  let node: Node | undefined = root
  while (node?.span === null) {
    node = node.children.reduce((first, child) => (earlier(child, first) ? child : first), node.children[0] as Node)
  }
  return node?.span?.resource.host
}

function earlier(a: Node, b: Node): boolean {
  if (a.span === null || b.span === null) return a.span === null ? b.span === null && a.spanId < b.spanId : true
  return a.start < b.start || (a.start === b.start && a.spanId < b.spanId)
}

function scaled(bound: Bound | undefined, unit: number): Bound | undefined {
  return bound && { low: Math.floor(bound.low / unit), high: Math.ceil(bound.high / unit) }
}

type Known = (from: string, to: string) => Bound | undefined

function placeHosts(reference: string, hosts: ReadonlySet<string>, evidence: Evidence, known: Known): Map<string, Correction> {
  const placed = new Map<string, Correction>([[reference, settled(reference, 0)]])
  const open = new Set([...hosts].sort())
  for (let ring = [reference]; ring.length > 0;) {
    const next = new Set<string>()
    for (const host of ring) for (const other of evidence.get(host)?.keys() ?? []) if (open.has(other)) next.add(other)
    ring = [...next].sort()
    for (const host of ring) {
      open.delete(host)
      placed.set(host, place(host, placed, evidence, known))
    }
  }
  for (const host of open) placed.set(host, fromElsewhere(host, known(reference, host)))
  return placed
}

function place(host: string, placed: ReadonlyMap<string, Correction>, evidence: Evidence, known: Known): Correction {
  const bounds: Bound[] = []
  const elsewhere: Bound[] = []
  for (const [from, pairs] of evidence.get(host) ?? []) {
    const offset = placed.get(from)?.offset
    if (offset === undefined) continue
    for (const { low, high } of pairs) bounds.push({ low: offset - high, high: offset - low })
    const outside = known(from, host)
    if (outside !== undefined) elsewhere.push({ low: offset + outside.low, high: offset + outside.high })
  }
  const found = agree(bounds)
  const { low, high } = narrowed(found, elsewhere)
  const confidence = found.conflict ? 'conflicting' : 'bounded'
  return { host, low, high, offset: inside(low, high), pairs: bounds.length, confidence }
}

/** What other traces say helps where it fits; where it does not, this trace knows better: a clock may have been set since. */
function narrowed(own: Bound, elsewhere: readonly Bound[]): Bound {
  return elsewhere.reduce((bound, { low, high }) => {
    const both = { low: Math.max(bound.low, low), high: Math.min(bound.high, high) }
    return both.low <= both.high ? both : bound
  }, own)
}

function fromElsewhere(host: string, bound: Bound | undefined): Correction {
  if (bound === undefined) return settled(host, 0)
  return { host, ...bound, offset: inside(bound.low, bound.high), pairs: 0, confidence: 'bounded' }
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
