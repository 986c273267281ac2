import type { Node } from './node.ts'
import { firstOverrunning, fromLastToFinish } from './siblings.ts'

/** A child that its parent waited for, and the part of its time that the wait was for it. */
export interface Wait {
  readonly child: Node
  readonly from: number
  readonly to: number
}

/**
 * Walks backwards through `[from, to]` of a span: the last blocking child to finish, then the last to finish before that one
 * started, and so on. Children are cut to the interval, those outside are left out. Back-to-back siblings (`end === start`)
 * both count, and so does one that overlaps the next by less than 1 % of the span when nothing else starts or ends there
 * (Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures", USENIX ATC 2022).
 * @returns the latest first
 */
export function waitsOf({ blockers, start, end }: Node, from: number, to: number): Wait[] {
  const waits: Wait[] = []
  let later = firstOverrunning(blockers, to)
  let reached = to
  if (later !== undefined && later.end > from) {
    waits.push({ child: later, from: (reached = Math.max(from, later.start)), to })
  }
  const order = fromLastToFinish(blockers)
  for (let at = 0; at < order.length && reached > from; at++) {
    const child = order[at] as Node
    if (child.end >= to || child.start >= to) continue
    if (child.end <= from) break
    if (child.end > reached && !slightly(child, later as Node, reached, at, order, blockers, end - start)) continue
    waits.push({ child, from: Math.max(from, child.start), to: Math.min(child.end, reached) })
    reached = Math.max(from, child.start)
    later = child
  }
  return waits
}

/** Whether a child overlaps the later one so little that they are taken as one after the other. */
function slightly(child: Node, later: Node, start: number, at: number, order: Node[], siblings: Node[], whole: number): boolean {
  if (child.end >= later.end || child.start >= start || (child.end - start) * 100 >= whole) return false
  const before = order[at - 1]
  const after = order[at + 1]
  if (after !== undefined && after.end >= start) return false
  if (before !== undefined && before !== later && before.end === child.end) return false
  const next = siblings[firstFrom(siblings, start) + 1]
  return next === undefined || next.start > child.end
}

/** The place of the first sibling that starts at this time or later. */
function firstFrom(siblings: readonly Node[], time: number): number {
  let low = 0
  let high = siblings.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((siblings[middle] as Node).start < time) low = middle + 1
    else high = middle
  }
  return low
}

/** When the parent next waited for something else that ended no earlier than `end`; waits are the latest first. */
export function gateOf(end: number, waits: readonly Wait[]): number {
  const place = gatePlace(end, waits)
  return place < 0 ? end : (waits[place] as Wait).to
}

/** The place of the earliest wait that ends at `end` or later; -1 if there is none. */
export function gatePlace(end: number, waits: readonly Wait[]): number {
  let low = 0
  let high = waits.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((waits[middle] as Wait).to >= end) low = middle + 1
    else high = middle
  }
  return low - 1
}
