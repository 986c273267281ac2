import { measureDrag } from './drag.ts'
import type { Node } from './node.ts'
import { measureSlack, takesPart } from './slack.ts'
import { waitsOf, type Wait } from './waits.ts'

/** A part of the critical path. */
export interface Section {
  readonly node: Node
  readonly start: number
  readonly end: number
}

/**
 * Finds the critical path of the tree, and gives each node its critical time, slack and drag. A span that nobody waits for has
 * slack until the root's end.
 * @returns the path's sections in time order
 */
export function traceCriticalPath(root: Node): Section[] {
  const sections: Section[] = []
  const open: Walk[] = [{ node: root, from: root.start, to: root.end, critical: true, cap: Infinity }]
  root.drag = root.end - root.start
  for (let walk = open.pop(); walk !== undefined; walk = open.pop()) {
    const { node, from, to, critical, cap } = walk
    if (node.children.length === 0 && !critical) continue
    const waits = to > from ? waitsOf(node, from, to) : []
    measureSlack(node, waits, from, to)
    const caps = critical ? measureDrag(node, waits, from, to, cap) : []
    if (critical) own(node, waits, from, to, sections)
    const waited = new Set<Node>()
    waits.forEach((wait, place) => {
      waited.add(wait.child)
      wait.child.slack = node.slack
      open.push({ node: wait.child, from: wait.from, to: wait.to, critical, cap: caps[place] ?? 0 })
    })
    for (const child of node.children) if (!waited.has(child)) open.push(besides(child, from, to, root))
  }
  return joined(sections.sort((a, b) => a.start - b.start))
}

interface Walk {
  readonly node: Node
  readonly from: number
  readonly to: number
  /** Whether the node is on the critical path of the whole trace. */
  readonly critical: boolean
  /** How much earlier the root would end, at most, whatever happened to the node. */
  readonly cap: number
}

/** The sections of the path that are the span's own: what its waits leave. */
function own(node: Node, waits: readonly Wait[], from: number, to: number, sections: Section[]): void {
  let reached = to
  node.critical = 0
  const add = (start: number): void => {
    if (start >= reached) return
    sections.push({ node, start, end: reached })
    node.critical += reached - start
  }
  for (const wait of waits) {
    add(wait.to)
    reached = wait.from
  }
  add(from)
}

/** A child that is not on its parent's path. */
function besides(child: Node, from: number, to: number, root: Node): Walk {
  if (takesPart(child, from, to)) {
    return { node: child, from: Math.max(from, child.start), to: Math.min(child.end, to), critical: false, cap: 0 }
  }
  child.slack = Math.max(0, root.end - child.end)
  return { node: child, from: child.start, to: child.end, critical: false, cap: 0 }
}

/** Adjacent sections of one span are one: a child of no duration does not divide it. */
function joined(sections: readonly Section[]): Section[] {
  const path: Section[] = []
  for (const section of sections) {
    const last = path.at(-1)
    if (last !== undefined && last.node === section.node && last.end === section.start) {
      path[path.length - 1] = { node: last.node, start: last.start, end: section.end }
    } else path.push(section)
  }
  return path
}
