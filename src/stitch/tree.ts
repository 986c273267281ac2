import type { Span } from '../model/span.ts'
import { isStreamLife } from '../model/streaming.ts'
import { hangAnswers } from './answered.ts'
import type { Distinct } from './distinct.ts'
import { idOf } from './hash.ts'
import { Node } from './node.ts'
import { isFirst } from './siblings.ts'
import { parts } from './steps.ts'
import { BIT } from './warnings.ts'

/** A trace as one tree. */
export interface Tree {
  readonly root: Node
  /** Every node, the made-up ones too: parents before children, siblings in no order. */
  readonly nodes: Node[]
}

/**
 * Gives every span a parent and the trace one root. A span whose parent never came hangs under a made-up one with the missing
 * id; loops are cut at the span that starts first. What then has no parent hangs under the one root that was sent; if several
 * were sent, or none and there are several such ends, under a made-up root. In steps.
 */
export function* plant(traceId: string, once: Distinct): Generator<void, Tree> {
  let roots: Node[] = []
  let strays: Node[] = []
  const missing = new Map<string, Node>()
  const { nodes, byId } = once
  for (const some of parts(nodes)) {
    hang(some, once, { roots, strays, missing })
    if (some !== nodes) yield
  }
  for (const parent of missing.values()) strays.push(parent)
  if (roots.length + strays.length > 1 && hangAnswers(roots, byId)) [roots, strays] = [roots.filter(isEnd), strays.filter(isEnd)]
  const ends = [...roots, ...strays]
  const found = descendants(ends)
  for (const head of cutLoops(nodes, found, missing.size)) strays.push(head)
  const root = crown(traceId, roots, strays)
  return {
    root,
    nodes: ends.length === 1 && root === ends[0] && strays.length + roots.length === 1 ? found : descendants([root]),
  }
}

/** What has no parent, or none that came. */
interface Ends {
  readonly roots: Node[]
  readonly strays: Node[]
  readonly missing: Map<string, Node>
}

function hang(nodes: readonly Node[], { byId, shared }: Distinct, { roots, strays, missing }: Ends): void {
  for (const node of nodes) {
    const span = node.span as Span
    const parent = node.shares ?? parentOf(node, span, byId, shared)
    if (parent === null) roots.push(node)
    else if (parent === node) {
      node.flags |= BIT.self_parent
      node.rehung = true
      node.blocking = blocks(span, null, false)
      strays.push(node)
    } else {
      node.blocking = blocks(span, parent?.span ?? null, node.shares !== null)
      if (parent !== undefined) node.hang(parent)
      else orphan(node, span.parentSpanId as string, missing)
    }
  }
}

function isEnd({ parent }: Node): boolean {
  return parent === null
}

/** @returns null if it has none, undefined if it never came, the node itself if that is what it says */
function parentOf(node: Node, span: Span, byId: Distinct['byId'], shared: Distinct['shared']): Node | null | undefined {
  const id = span.parentSpanId
  if (id === null) return leader(node, span, byId)
  if (id === span.spanId) return node
  const halves = shared.size === 0 ? undefined : shared.get(id)
  return halves === undefined ? byId.get(id) : halves.parentOf(span)
}

/** A span without a parent that follows from another of its trace belongs there; it does not block it. */
function leader(node: Node, span: Span, byId: Distinct['byId']): Node | null {
  for (const link of span.links) {
    if (link.type !== 'follows_from' || link.traceId !== span.traceId) continue
    const led = byId.get(link.spanId)
    if (led !== undefined && led !== node) return led
  }
  return null
}

function blocks(span: Span, parent: Span | null, shares: boolean): boolean {
  if (isStreamLife(span)) return false
  if (span.kind === 'CONSUMER' && parent?.kind === 'PRODUCER') return false
  if (span.links.length === 0 || shares) return true
  if (span.parentSpanId === null) return false
  return !span.links.some((link) => link.type === 'follows_from' && link.spanId === span.parentSpanId)
}

function orphan(node: Node, parentId: string, missing: Map<string, Node>): void {
  node.flags |= BIT.orphan
  let parent = missing.get(parentId)
  if (parent === undefined) missing.set(parentId, (parent = new Node(null, parentId, 0, 0, 0)))
  node.hang(parent)
}

/**
 * Cuts each loop at its first span; a loop shows as spans that no end leads to.
 * @param found all nodes that some end leads to, so many made-up ones among them
 * @returns the new ends
 */
function cutLoops(nodes: readonly Node[], found: readonly Node[], madeUp: number): Node[] {
  if (found.length === nodes.length + madeUp) return []
  const reached = new Set<Node>(found)
  const cut: Node[] = []
  for (const node of nodes) {
    if (reached.has(node)) continue
    const head = firstOfLoop(node)
    head.flags |= BIT.cut_loop
    const { parent } = head
    if (parent !== null) parent.children = parent.children.filter((child) => child !== head)
    cut.push(head)
    for (const under of descendants([head])) reached.add(under)
  }
  return cut
}

/** These and all under them, parents before children. */
function descendants(ends: readonly Node[]): Node[] {
  const found = [...ends]
  for (let at = 0; at < found.length; at++) for (const child of (found[at] as Node).children) found.push(child)
  return found
}

function firstOfLoop(node: Node): Node {
  const seen = new Set<Node>()
  let at = node
  while (!seen.has(at)) {
    seen.add(at)
    at = at.parent as Node
  }
  let first = at
  at.rehung = true
  for (let next = at.parent as Node; next !== at; next = next.parent as Node) {
    // Which of them named the wrong parent, nobody knows.
    next.rehung = true
    if (isFirst(next, first)) first = next
  }
  return first
}

function crown(traceId: string, roots: readonly Node[], strays: readonly Node[]): Node {
  const [only] = roots.length === 0 ? strays : roots
  if (only !== undefined && (roots.length === 1 || (roots.length === 0 && strays.length === 1))) {
    if (roots.length === 1) for (const stray of strays) rehang(stray, only)
    only.parent = null
    return only
  }
  const root = new Node(null, idOf(`root of ${traceId}`), 0, 0, 0)
  for (const end of roots) end.hang(root)
  for (const stray of strays) rehang(stray, root)
  return root
}

/** Whether a consumer blocks, is a matter of whose child it is now. */
function rehang(stray: Node, parent: Node): void {
  stray.hang(parent)
  const { span } = stray
  if (span?.kind === 'CONSUMER') stray.blocking = blocks(span, parent.span, false)
}
