import type { Node } from './node.ts'
import { byStart } from './siblings.ts'
import { sort } from './sort.ts'
import { STEP } from './steps.ts'
import type { Tree } from './tree.ts'
import { BIT } from './warnings.ts'

/**
 * Gives times to the nodes that have none: a snapshot that does not say until when it is reaches to the latest time of the
 * trace, a made-up span covers its children, a span that never said when it was stands at its parent's start, for as long as it
 * said that it took.
 */
export function timeUntimed({ root, nodes }: Tree): void {
  extendSnapshots(nodes)
  for (let at = nodes.length - 1; at >= 0; at--) if ((nodes[at] as Node).span === null) cover(nodes[at] as Node)
  if (Number.isNaN(root.start)) cover(root)
  if (Number.isNaN(root.start)) coverAll(root, nodes)
  root.end = Math.max(root.end, root.start + root.lasting)
  for (const node of nodes) {
    if (!Number.isNaN(node.start)) continue
    node.start = (node.parent as Node).start
    node.end = node.start + node.lasting
  }
}

function extendSnapshots(nodes: readonly Node[]): void {
  const open = nodes.filter((node) => (node.flags & BIT.in_flight) !== 0 && !(node.end > node.start))
  if (open.length === 0) return
  const latest = nodes.reduce((time, { start, end }) => Math.max(time, start || -Infinity, end || -Infinity), -Infinity)
  for (const node of open) node.end = Math.max(node.start, latest)
}

function cover(node: Node): void {
  let start = Infinity
  let end = -Infinity
  for (const child of node.children) {
    if (child.start < start) start = child.start
    if (child.end > end) end = child.end
  }
  node.start = start === Infinity ? NaN : start
  node.end = start === Infinity ? NaN : end
}

/** A root whose children do not say when they were, either, reaches over all that do; if none does, all was at once. */
function coverAll(root: Node, nodes: readonly Node[]): void {
  let start = Infinity
  let end = -Infinity
  for (const node of nodes) {
    if (node.start < start) ({ start } = node)
    if (node.end > end) ({ end } = node)
  }
  root.start = start === Infinity ? 0 : start
  root.end = start === Infinity ? 0 : end
}

/** Sorts siblings, tells who waits for whom, and counts depths. In steps. @returns all nodes depth first */
export function* arrange(root: Node): Generator<void, Node[]> {
  const ordered: Node[] = []
  const open: Node[] = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (ordered.length % STEP === STEP - 1) yield
    ordered.push(node)
    if (node.children.length > 0) below(node, open)
  }
  return ordered
}

function below(node: Node, open: Node[]): void {
  const { children } = node
  if (!inOrder(children)) sort(children, byStart)
  node.blockers = children.every((child) => child.blocking) ? children : children.filter((child) => child.blocking)
  for (let at = children.length - 1; at >= 0; at--) {
    const child = children[at] as Node
    child.depth = node.depth + 1
    open.push(child)
  }
}

/** Most come so, and sorting makes copies. */
function inOrder(siblings: readonly Node[]): boolean {
  for (let at = 1; at < siblings.length; at++) if (byStart(siblings[at - 1] as Node, siblings[at] as Node) > 0) return false
  return true
}
