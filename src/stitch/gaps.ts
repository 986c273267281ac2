import type { Node } from './node.ts'
import { Sections } from './sections.ts'

/** The gaps of all spans that have blocking children, parts of them that no such child covers, in the order of the nodes and in time. */
export function gapsOf(nodes: readonly Node[]): Sections {
  const gaps = new Sections()
  for (const node of nodes) {
    if (node.blockers.length === 0) continue
    let reached = node.start
    for (const child of node.blockers) {
      if (child.start >= node.end) break
      if (child.end <= reached) continue
      if (child.start > reached) gaps.add(node, reached, child.start)
      reached = child.end
    }
    if (reached < node.end) gaps.add(node, reached, node.end)
  }
  return gaps
}
