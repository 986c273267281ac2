import type { VNode } from 'preact'
import { duration } from '../format.ts'
import { Change, ChangeBar } from './change.tsx'
import type { PhaseChange } from './phase-changes.ts'

/** Self time by phase in both, what changed most first. */
export function PhaseTable({ changes }: { changes: readonly PhaseChange[] }): VNode {
  const most = Math.max(...changes.map(({ change }) => Math.abs(change)))
  return (
    <table class="plain changes">
      <caption class="unseen">Self time by phase in both timelines</caption>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col" class="number">
            A
          </th>
          <th scope="col" class="number">
            B
          </th>
          <th scope="col" class="ends">
            <span>faster</span>
            <span>slower</span>
          </th>
          <th scope="col" class="number">
            Difference
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ phase, a, b, change }) => (
          <tr key={phase.id} class={phase.className}>
            <th scope="row" title={phase.meaning}>
              <i class="swatch" /> {phase.label}
            </th>
            <td class="number">{a === 0 ? '–' : duration(a)}</td>
            <td class="number">{b === 0 ? '–' : duration(b)}</td>
            <td>
              <ChangeBar ns={change} most={most} />
            </td>
            <td class="number">
              <Change ns={change} most={most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
