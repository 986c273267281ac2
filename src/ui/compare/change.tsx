import type { VNode } from 'preact'
import { duration } from '../format.ts'

/** `+12.4 ms`, `−3.10 ms`. @param ns nanoseconds */
export function changeText(ns: number): string {
  return ns === 0 ? '±0' : `${ns > 0 ? '+' : '−'}${duration(Math.abs(ns))}`
}

/** A difference as a bar from the middle: to the right is slower. @param most the largest difference of the table, nanoseconds */
export function ChangeBar({ ns, most }: { ns: number; most: number }): VNode {
  const width = `${(Math.abs(ns) / Math.max(1, most)) * 50}%`
  return (
    <span class="change-bar" aria-hidden="true">
      {ns !== 0 && <i class={ns > 0 ? 'slower' : 'faster'} style={ns > 0 ? { left: '50%', width } : { right: '50%', width }} />}
    </span>
  )
}

/** A difference in its colour; what is next to nothing has none, nor what is little beside what it was. @param was nanoseconds */
export function Change({ ns, most, was = 0 }: { ns: number; most: number; was?: number }): VNode {
  const tone = Math.abs(ns) < Math.max(most * 0.01, was * 0.05) ? 'muted' : ns > 0 ? 'tone-bad' : 'tone-good'
  return <span class={tone}>{changeText(ns)}</span>
}
