import type { Node } from './node.ts'
import { fromLastToFinish } from './siblings.ts'
import { gatePlace, type Wait } from './waits.ts'

/**
 * Gives the children on the critical path their drag: how much earlier the root would end if the child, and all under it, took
 * no time (Devaux's drag). It is the child's time on the path, unless something else holds the parent up: a sibling that
 * finished before it, one that runs beside it and may not be as late, or what holds up the parent itself.
 * @param cap how much earlier the root would end, at most, whatever happened to the parent
 * @returns the same limit for each of the waits
 */
export function measureDrag(node: Node, waits: readonly Wait[], from: number, to: number, cap: number): number[] {
  if (waits.length === 0) return []
  const order = fromLastToFinish(node.blockers).filter((child) => child.start < to && child.end > from)
  const beside = order.length === waits.length ? undefined : besideOf(order, waits, to)
  const lasting = order.filter((child) => child.start < child.end)
  return waits.map((wait, place) => {
    const end = Math.min(wait.child.end, to)
    const held = end - endBefore(lasting, wait.child, end, to)
    const limit = Math.max(0, Math.min(cap, held, beside?.[place] ?? Infinity))
    wait.child.drag = Math.min(wait.to - wait.from, limit)
    return limit
  })
}

/** When the last other sibling finished that was over by `end`; never, if there is none. */
function endBefore(order: readonly Node[], child: Node, end: number, to: number): number {
  let low = 0
  let high = order.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (Math.min((order[middle] as Node).end, to) > end) low = middle + 1
    else high = middle
  }
  const found = order[low] === child ? order[low + 1] : order[low]
  return found === undefined ? -Infinity : Math.min(found.end, to)
}

/**
 * For each wait, the least slack of the siblings beside the path that were running at some time of it: they did not wait for it,
 * so the parent gains no more than what they may be late. Each wait takes the first that reaches it, least slack first.
 */
function besideOf(order: readonly Node[], waits: readonly Wait[], to: number): number[] {
  const least = Array.from(waits, () => Infinity)
  const onPath = new Set(waits.map(({ child }) => child))
  const next = Array.from({ length: waits.length + 1 }, (_, place) => place)
  const free = (place: number): number => {
    let end = place
    while (next[end] !== end) end = next[end] as number
    // Whoever comes this way again takes one step.
    for (let at = place; at !== end;) {
      const following = next[at] as number
      next[at] = end
      at = following
    }
    return end
  }
  for (const child of order.filter((sibling) => !onPath.has(sibling)).sort((a, b) => a.slack - b.slack)) {
    const end = Math.min(child.end, to)
    const last = gatePlace(end, waits)
    let stop = gatePlace(child.start, waits)
    while (waits[stop]?.to === child.start) stop--
    for (let place = free((waits[last]?.from ?? end) < end ? last : last + 1); place <= stop; place = free(place)) {
      least[place] = child.slack
      next[place] = place + 1
    }
  }
  return least
}
