import type { Node } from './node.ts'

/** Gives each node its self time: its duration less the union of its blocking children's intervals, clipped to it. */
export function measureSelf(nodes: readonly Node[]): void {
  for (const node of nodes) node.self = node.end - node.start - covered(node)
}

function covered({ start, end, blockers }: Node): number {
  let sum = 0
  let reached = start
  for (const child of blockers) {
    if (child.start >= end) break
    const to = child.end < end ? child.end : end
    if (to <= reached) continue
    sum += to - (child.start > reached ? child.start : reached)
    reached = to
  }
  return sum
}
