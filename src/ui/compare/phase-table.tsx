import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { Difference, DifferenceTable } from './change.tsx'
import type { PhaseChange } from './phase-changes.ts'

interface Props {
  readonly changes: readonly PhaseChange[]
  /** A change that is a full bar at least, ns: what is little beside both requests must not look like much. */
  readonly floor: number
}

/** Self time by phase in both, what changed most first. */
export function PhaseTable({ changes, floor }: Props): VNode {
  const most = Math.max(floor, ...changes.map(({ change }) => Math.abs(change)))
  return (
    <DifferenceTable caption="Self time by phase in both timelines" what="Phase">
      {changes.map(({ phase, a, b, change }) => (
        <tr key={phase.id} class={phase.className}>
          <th scope="row" title={phase.meaning}>
            <i class="swatch" /> {phase.label}
          </th>
          <td class="number">{a === 0 ? '–' : duration(a)}</td>
          <td class="number">{b === 0 ? '–' : duration(b)}</td>
          <Difference ns={change} most={most} />
        </tr>
      ))}
    </DifferenceTable>
  )
}
