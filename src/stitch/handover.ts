import type { PhaseId } from '../model/phases.ts'
import type { Node } from './node.ts'
import { byStart } from './siblings.ts'

/** Phases in which one waits for somebody else to answer. */
const WAITS: ReadonlySet<PhaseId | null> = new Set<PhaseId>(['client.ttfb', 'proxy.wait'])

/** What hangs beside a wait and was what it waited for: the server's span, and what led to it. */
const LED_TO_SERVER: ReadonlySet<PhaseId | null> = new Set<PhaseId>(['queue', 'gateway.accept'])

/** No request has so many phases side by side; every wait looks at all of its siblings, and strangers' traces may have many of both. */
const MANY = 1_000

/**
 * Walks a tree in which each wait holds what it was for. By its ids the span of the server is a sibling of the caller's
 * `client.ttfb` (or the proxy's `proxy.wait`), which covers it whole: whoever divides the time among siblings would put all of it
 * down to waiting, and nothing to what was done meanwhile. What the wait has for itself is then the network.
 * The tree is as before afterwards.
 */
export function handedOver<T>(nodes: readonly Node[], walk: () => T): T {
  const waits = new Map<Node, Node[]>()
  for (const node of nodes) {
    if (!WAITS.has(node.phase) || node.children.length > 0 || node.parent === null) continue
    const others = waits.get(node.parent)
    if (others === undefined) waits.set(node.parent, [node])
    else others.push(node)
  }
  const back: (() => void)[] = []
  for (const [parent, own] of waits) if (parent.children.length <= MANY) handOver(parent, own, back)
  try {
    return walk()
  } finally {
    for (const undo of back.reverse()) undo()
  }
}

/** @param waits of this parent, in their order */
function handOver(parent: Node, waits: readonly Node[], back: (() => void)[]): void {
  const { children, blockers } = parent
  const connects = blockers.filter(({ phase }) => phase === 'proxy.connect')
  let left = blockers.filter(served)
  const all = new Set<Node>()
  for (const wait of waits) {
    // On one machine a server may have the head before the client's socket says that all is sent: overlapping is enough.
    const taken = left.filter((node) => node.end > wait.start && node.start < wait.end)
    if (taken.length === 0) continue
    left = left.filter((node) => !taken.includes(node))
    for (const node of taken) all.add(node)
    take(wait, taken, connects, back)
  }
  if (all.size === 0) return
  parent.children = children.filter((node) => !all.has(node)).sort(byStart)
  parent.blockers = blockers.filter((node) => !all.has(node)).sort(byStart)
  back.push(() => {
    parent.children = children
    parent.blockers = blockers
  })
}

function take(wait: Node, taken: Node[], connects: readonly Node[], back: (() => void)[]): void {
  const { children: none, start } = wait
  wait.children = wait.blockers = taken
  // What began earlier reaches into the wait, so nothing of the added time is the wait's own; but while a connection was being
  // made, a server's queue (it counts from when the proxy began to forward) was waited for by nobody.
  const connected = connects.reduce((latest, { end }) => (end <= start ? Math.max(latest, end) : latest), -Infinity)
  for (const node of taken) wait.start = Math.min(wait.start, Math.max(node.start, connected))
  back.push(() => {
    wait.children = wait.blockers = none
    wait.start = start
  })
}

function served({ span, phase }: Node): boolean {
  return !WAITS.has(phase) && (span?.kind === 'SERVER' || LED_TO_SERVER.has(phase))
}
