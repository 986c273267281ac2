import type { Node } from './node.ts'
import { fromLastToFinish } from './siblings.ts'
import { gateOf, type Wait } from './waits.ts'

/**
 * Whether a child has a part in what its parent did in `[from, to]`. One that took no time has one at the very edges, too; one
 * that only touches them does not.
 */
export function takesPart({ blocking, start, end }: Node, from: number, to: number): boolean {
  if (!blocking) return false
  return start === end ? start >= from && end <= to : start < to && end > from
}

/**
 * Gives the children of a span beside its path their slack: how much later each could end before the span would (the total float
 * of the critical path method), and then what the span itself may be late. As on the path, a child waited for the last sibling to
 * finish before it started, on the path or not, and starts as long after it as it did.
 * @param waits of the span in `[from, to]`
 */
export function measureSlack(node: Node, waits: readonly Wait[], from: number, to: number): void {
  const { blockers, slack } = node
  if (blockers.length === waits.length) return
  const onPath = new Set(waits.map(({ child }) => child))
  const order = fromLastToFinish(blockers).filter((child) => takesPart(child, from, to))
  const followers = new Followers(blockers, order, onPath, to, slack)
  let limit = Infinity
  for (let at = 0; at < order.length;) {
    const end = Math.min((order[at] as Node).end, to)
    limit = Math.min(limit, followers.from(end))
    // What stands at the very beginning is the first that all waited for.
    const latest = end > from ? Math.min(gateOf(end, waits), limit) : end
    let lasting = false
    for (; at < order.length && Math.min((order[at] as Node).end, to) === end; at++) {
      const child = order[at] as Node
      lasting ||= child.start < child.end
      if (!onPath.has(child)) child.slack = slack + Math.max(0, latest - end)
    }
    // A moment passes on what it may be late to the last that finished before it.
    const before = order[at]
    if (!lasting && before !== undefined) limit = Math.min(limit, before.end + Math.max(0, latest - end))
  }
}

/** The siblings beside the path, taken from the last to start to the first, and what each demands of those before it. */
class Followers {
  /** By start. */
  readonly #siblings: readonly Node[]
  /** From the last to finish to the first. */
  readonly #order: readonly Node[]
  readonly #onPath: ReadonlySet<Node>
  readonly #to: number
  readonly #slack: number
  #next: number
  #before = 0

  constructor(siblings: readonly Node[], order: readonly Node[], onPath: ReadonlySet<Node>, to: number, slack: number) {
    this.#siblings = siblings
    this.#order = order
    this.#onPath = onPath
    this.#to = to
    this.#slack = slack
    this.#next = siblings.length - 1
  }

  /** @returns when those that started at `time` or later, and were not asked yet, allow all before them to end at the latest */
  from(time: number): number {
    let limit = Infinity
    for (; this.#next >= 0; this.#next--) {
      const follower = this.#siblings[this.#next] as Node
      if (follower.start < time) break
      if (follower.start >= this.#to || follower.start === follower.end || this.#onPath.has(follower)) continue
      while ((this.#order[this.#before]?.end ?? -Infinity) > follower.start) this.#before++
      const before = this.#order[this.#before]
      if (before !== undefined) limit = Math.min(limit, before.end + follower.slack - this.#slack)
    }
    return limit
  }
}
