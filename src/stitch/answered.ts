import { OWN } from '../model/attributes.ts'
import type { NodesById } from './by-id.ts'
import type { Node } from './node.ts'
import { isFirst } from './siblings.ts'

/** The id of the span that answered this one, where it says so. */
function answeredBy(node: Node): string | undefined {
  const id = node.span?.attributes.get(OWN.answeredBy)
  return typeof id === 'string' ? id : undefined
}

/** A trace is the answer to one page, seldom to a few (one that came from a cache after all): whoever makes up more has the work of these. */
const MOST = 16

/**
 * A browser sends no `traceparent` with its request for a page, so that the trace begins at the server, or at a proxy; it hears
 * afterwards which span answered, and says so. It is the parent of that one's uppermost parent then, as if that had named it.
 * @returns whether there was any
 */
export function hangAnswers(roots: readonly Node[], byId: NodesById): boolean {
  const asking = roots.filter((node) => answeredBy(node) !== undefined).sort((a, b) => (isFirst(a, b) ? -1 : 1))
  for (const node of asking.slice(0, MOST)) {
    const top = uppermost(byId.get(answeredBy(node) as string))
    if (top === undefined || top === node || answeredBy(top) !== undefined) continue
    top.hang(node)
    top.blocking = true
  }
  return asking.length > 0
}

/** @returns undefined where a loop is above it */
function uppermost(node: Node | undefined): Node | undefined {
  const seen = new Set<Node>()
  let top = node
  while (top !== undefined && top.parent !== null) {
    if (seen.has(top)) return undefined
    seen.add(top)
    top = top.parent
  }
  return top
}

/**
 * Whose clock a timeline is on: the root's; of a browser's, which may be days off, that of who answered it.
 * @param root of a tree whose children are in no order
 */
export function timekeeper(root: Node): Node {
  if (answeredBy(root) === undefined) return root
  const host = root.span?.resource.host
  const others = root.children.filter(({ span }) => span !== null && span.resource.host !== host)
  return others.reduce((first, child) => (isFirst(child, first) ? child : first), others[0] ?? root)
}
