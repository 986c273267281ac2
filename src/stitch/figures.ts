import type { Figures } from '../model/timeline.ts'
import { gapsOf } from './gaps.ts'
import type { Node } from './node.ts'
import { nanosOf, type Scale } from './scale.ts'
import type { Sections } from './sections.ts'

/**
 * The times of a timeline as numbers of nanoseconds from its start.
 * @param nodes depth first, so the root first
 * @param scale of their times
 * @param path the critical one, walked
 */
export function figuresOf(nodes: readonly Node[], scale: Scale, path: Sections): Figures {
  const zero = nodes[0]?.start ?? 0
  const index = new Map<Node, number>()
  const start = new Float64Array(nodes.length)
  const duration = new Float64Array(nodes.length)
  const self = new Float64Array(nodes.length)
  nodes.forEach((node, at) => {
    index.set(node, at)
    start[at] = nanosOf(node.start - zero, scale)
    duration[at] = nanosOf(node.end - node.start, scale)
    self[at] = nanosOf(node.self, scale)
  })
  const triplets = (sections: Sections): number[] => {
    const all: number[] = []
    sections.map((node, from, to) => all.push(index.get(node) ?? 0, nanosOf(from - zero, scale), nanosOf(to - zero, scale)))
    return all
  }
  return { start, duration, self, criticalPath: triplets(path), gaps: triplets(gapsOf(nodes)) }
}
