import type { ComponentChildren, VNode } from 'preact'
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

/** The head of a column of `ChangeBar`s. */
export function Ends({ name = 'ends' }: { name?: string }): VNode {
  return (
    <th scope="col" class={name}>
      <span>faster</span>
      <span>slower</span>
    </th>
  )
}

/** The last cells of a row: the difference as a bar, and as a figure. @param most the largest difference of the table, nanoseconds */
export function Difference({ ns, most }: { ns: number; most: number }): VNode {
  return (
    <>
      <td class="bar">
        <ChangeBar ns={ns} most={most} />
      </td>
      <td class="number">
        <Change ns={ns} most={most} />
      </td>
    </>
  )
}

interface TableProps {
  readonly caption: string
  /** What the first column names. */
  readonly what: string
  readonly name?: string
  readonly children: ComponentChildren
}

/** A table of differences between A and B; its rows end with a `Difference`. */
export function DifferenceTable({ caption, what, name = '', children }: TableProps): VNode {
  return (
    <table class={`plain changes ${name}`}>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col" class="number">
            A
          </th>
          <th scope="col" class="number">
            B
          </th>
          <Ends />
          <th scope="col" class="number">
            Difference
          </th>
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}
