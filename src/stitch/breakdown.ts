import { OWN } from '../model/attributes.ts'
import { PHASE_IDS, type PhaseId } from '../model/phases.ts'
import type { Node } from './node.ts'
import { firstOverrunning, fromLastToFinish } from './siblings.ts'
import { sort } from './sort.ts'

/** What a part of the request's time is put down to. */
export type Share = PhaseId | 'gap' | 'other'

/**
 * Phases that are made of others: what nothing covers inside them is a gap, not work of their own. So it is with spans that say
 * their phase; those that were placed by convention come from where not everything is watched.
 */
const CONTAINERS: ReadonlySet<unknown> = new Set<PhaseId>(['client', 'proxy', 'gateway', 'handler'])

function shareOf({ span, phase, blockers }: Node): Share {
  if (span === null) return 'gap'
  if (phase === null) return 'other'
  return blockers.length > 0 && CONTAINERS.has(phase) && span.attributes.get(OWN.phase) === phase ? 'gap' : phase
}

/**
 * Divides the root's time among its spans, so that each moment belongs to one: to a child while one runs, else to the span
 * itself; where siblings overlap, to the one that finishes last, as that is what their parent waited for. Without overlaps a
 * span's part is its self time. What does not block (see `tree.ts`) has no part.
 * @returns the time of each phase; that of spans without a phase is `other`; `gap` is what is uncovered in the phases that are
 * made of others, and in made-up spans. They add up to the root's duration.
 */
export function breakdown(root: Node): Map<Share, number> {
  const totals = new Map<Share, number>()
  const open = new Parts()
  open.push(root, root.start, root.end)
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const own = divide(node, open.from, open.to, open)
    if (own === 0) continue
    const share = shareOf(node)
    totals.set(share, (totals.get(share) ?? 0) + own)
  }
  return inOrder(totals)
}

/** Spans and the part of the time that is theirs. Three lists instead of an object each: there may be 100,000. */
class Parts {
  /** Of the one that was taken last. */
  from = 0
  to = 0
  private readonly nodes: Node[] = []
  private readonly times: number[] = []

  push(node: Node, from: number, to: number): void {
    this.nodes.push(node)
    this.times.push(from, to)
  }

  pop(): Node | undefined {
    this.to = this.times.pop() ?? 0
    this.from = this.times.pop() ?? 0
    return this.nodes.pop()
  }
}

/** Gives each blocking child its part of `[from, to]`, from the last to finish backwards. @returns what is left */
function divide(node: Node, from: number, to: number, open: Parts): number {
  if (node.blockers.length === 0) return to - from
  const last = firstOverrunning(node.blockers, to)
  let own = 0
  let reached = to
  if (last !== undefined) reached = give(last, from, to, open)
  for (const child of fromLastToFinish(node.blockers)) {
    if (reached <= from || child.end <= from) break
    if (child.end >= to || child.start >= reached) continue
    if (child.end < reached) own += reached - child.end
    reached = give(child, from, Math.min(child.end, reached), open)
  }
  return own + Math.max(0, reached - from)
}

function give(child: Node, parentFrom: number, to: number, open: Parts): number {
  const from = Math.max(parentFrom, child.start)
  if (to > from) open.push(child, from, to)
  return from
}

const PLACE = new Map<Share, number>([...PHASE_IDS, 'other' as const, 'gap' as const].map((share, place) => [share, place]))

function inOrder(totals: Map<Share, number>): Map<Share, number> {
  if (totals.size < 2) return totals
  return new Map(sort([...totals], ([a], [b]) => (PLACE.get(a) as number) - (PLACE.get(b) as number)))
}
