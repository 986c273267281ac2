import { measureDrag } from './drag.ts'
import type { Node } from './node.ts'
import { Sections } from './sections.ts'
import { measureSlack, takesPart } from './slack.ts'
import { waitsOf, type Wait } from './waits.ts'

/**
 * Finds the critical path of the tree, and gives each node its critical time, slack and drag. A span that nobody waits for has
 * slack until the root's end.
 * @returns the path's sections in time order
 */
export function traceCriticalPath(root: Node): Sections {
  const open = new Open()
  const backwards = new Sections()
  open.push(root, root.start, root.end, Infinity)
  root.drag = root.end - root.start
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const { from, to, cap } = open
    if (cap === OWN) own(node, from, to, backwards)
    else if (node.children.length > 0) inside(node, from, to, cap, open, root)
    else if (cap !== BESIDE) own(node, from, to, backwards)
  }
  return inOrder(backwards)
}

/** In place of a cap: the span is not on the critical path of the whole trace. */
const BESIDE = -1
/** In place of a cap: a part of the critical path that is the span's own. */
const OWN = -2

/** What is still to be walked through: the part of a span's time that counts, and how much earlier the root would end, at most, whatever happened to the span. */
class Open {
  /** Of the one that was taken last. */
  from = 0
  to = 0
  cap = 0
  private readonly nodes: Node[] = []
  private readonly numbers: number[] = []

  push(node: Node, from: number, to: number, cap: number): void {
    this.nodes.push(node)
    this.numbers.push(from, to, cap)
  }

  pop(): Node | undefined {
    this.cap = this.numbers.pop() ?? 0
    this.to = this.numbers.pop() ?? 0
    this.from = this.numbers.pop() ?? 0
    return this.nodes.pop()
  }
}

/** Divides what a span with children did: what is its own, what it waited for and what ran beside. The last is taken first. */
function inside(node: Node, from: number, to: number, cap: number, open: Open, root: Node): void {
  const [only] = node.children as [Node]
  if (node.children.length === 1 && only.blocking && only.start < to && only.end > from) {
    return onlyOne(node, only, from, to, cap, open)
  }
  const waits = to > from ? waitsOf(node, from, to) : []
  measureSlack(node, waits, from, to)
  const caps = cap === BESIDE ? undefined : measureDrag(node, waits, from, to, cap)
  if (node.children.length > waits.length) {
    const waited = new Set(waits.map(({ child }) => child))
    for (const child of node.children) if (!waited.has(child)) beside(child, from, to, open, root)
  }
  along(node, waits, from, to, caps, open)
}

/** Of one child there is nothing to choose: half of all spans, in most traces. */
function onlyOne(node: Node, child: Node, from: number, to: number, cap: number, open: Open): void {
  const start = Math.max(from, child.start)
  const end = Math.min(child.end, to)
  child.slack = node.slack
  if (cap === BESIDE) return open.push(child, start, end, BESIDE)
  child.drag = Math.min(end - start, cap)
  open.push(node, from, start, OWN)
  open.push(child, start, end, cap)
  open.push(node, end, to, OWN)
}

/** @param caps of the waits, if the node is on the critical path */
function along(
  node: Node,
  waits: readonly Wait[],
  from: number,
  to: number,
  caps: readonly number[] | undefined,
  open: Open,
): void {
  let reached = from
  for (let place = waits.length - 1; place >= 0; place--) {
    const { child, from: start, to: end } = waits[place] as Wait
    child.slack = node.slack
    if (caps !== undefined) open.push(node, reached, start, OWN)
    open.push(child, start, end, caps === undefined ? BESIDE : (caps[place] ?? 0))
    reached = end
  }
  if (caps !== undefined) open.push(node, reached, to, OWN)
}

/** A child that is not on its parent's path. */
function beside(child: Node, from: number, to: number, open: Open, root: Node): void {
  if (takesPart(child, from, to)) return open.push(child, Math.max(from, child.start), Math.min(child.end, to), BESIDE)
  child.slack = Math.max(0, root.end - child.end)
  open.push(child, child.start, child.end, BESIDE)
}

function own(node: Node, from: number, to: number, backwards: Sections): void {
  if (from >= to) return
  node.critical += to - from
  backwards.add(node, from, to)
}

/** Adjacent sections of one span are one: a child of no duration does not divide it. */
function inOrder({ nodes, times }: Sections): Sections {
  const path = new Sections()
  for (let place = nodes.length - 1; place >= 0; place--) {
    const node = nodes[place] as Node
    const end = times[2 * place + 1] as number
    if (path.nodes.at(-1) === node && path.times.at(-1) === times[2 * place]) path.times[path.times.length - 1] = end
    else path.add(node, times[2 * place] as number, end)
  }
  return path
}
