import type { Node } from './node.ts'
import { sort } from './sort.ts'

/** Siblings in the order of a timeline: by start, then the longer first, then by id. */
export function byStart(a: Node, b: Node): number {
  return a.start - b.start || b.end - a.end || (a.spanId < b.spanId ? -1 : 1)
}

/** Whether `a` comes before `b` in that order, as long as there are spans whose times are not known yet (NaN): they come last. */
export function isFirst(a: Node, b: Node): boolean {
  if (Number.isNaN(a.start) !== Number.isNaN(b.start)) return Number.isNaN(b.start)
  return byStart(a, b) < 0
}

/** Siblings from the last to finish to the first; of two that finish together, the one that started first. */
function byEnd(a: Node, b: Node): number {
  return b.end - a.end || a.start - b.start || (a.spanId < b.spanId ? -1 : 1)
}

/** Of the children that are not over at `to`, and so are all cut there, the one that started first. */
export function firstOverrunning(blockers: readonly Node[], to: number): Node | undefined {
  for (const child of blockers) {
    if (child.start >= to) return undefined
    if (child.end >= to) return child
  }
  return undefined
}

/** Of how many siblings on the order is remembered: whoever divides the time, walks the path and measures drag asks for it. */
const MANY = 1_000
const remembered = new WeakMap<readonly Node[], Node[]>()

/** Siblings that are in the order of their start, in that of `byEnd`. One after the other, as most are, they need no sorting. */
export function fromLastToFinish(blockers: readonly Node[]): Node[] {
  if (blockers.length < MANY) return ordered(blockers)
  let order = remembered.get(blockers)
  if (order === undefined) remembered.set(blockers, (order = ordered(blockers)))
  return order
}

function ordered(blockers: readonly Node[]): Node[] {
  const reversed: Node[] = []
  let sorted = true
  for (let at = blockers.length - 1; at >= 0; at--) {
    const child = blockers[at] as Node
    const later = blockers[at + 1]
    if (later !== undefined && child.end >= later.end) sorted = false
    reversed.push(child)
  }
  return sorted ? reversed : sort(reversed, byEnd)
}
