import type { Node } from './node.ts'

/** A part of a span that none of its blocking children covers. */
export interface Gap {
  readonly node: Node
  readonly start: number
  readonly end: number
}

/** The gaps of all spans that have blocking children, in the order of the nodes and in time. */
export function gapsOf(nodes: readonly Node[]): Gap[] {
  const gaps: Gap[] = []
  for (const node of nodes) {
    if (node.blockers.length === 0) continue
    let reached = node.start
    for (const child of node.blockers) {
      if (child.start >= node.end) break
      if (child.end <= reached) continue
      if (child.start > reached) gaps.push({ node, start: reached, end: child.start })
      reached = child.end
    }
    if (reached < node.end) gaps.push({ node, start: reached, end: node.end })
  }
  return gaps
}
