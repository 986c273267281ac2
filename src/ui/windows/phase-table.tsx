import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { FigureJson, PhaseChangeJson, PhaseChangesJson } from '../../query/wire.ts'
import { Change, ChangeBar } from '../compare/change.tsx'
import { count, duration, plural } from '../format.ts'
import { hrefOf } from '../location.ts'
import { phaseLook } from '../phases.ts'
import { adds } from './change.ts'

/** What adds less than this share of the greatest change is not worth a row, at first. */
const LITTLE = 0.01

const BASES: Readonly<Record<PhaseChangesJson['basis'], string>> = {
  every: 'Every request was counted, the ones without a timeline too',
  recorded: 'Of every request that was recorded',
  some: 'Of some timelines, taken evenly from all over each window',
}

function Pair({
  before,
  after,
  figure,
}: {
  before: FigureJson | null
  after: FigureJson | null
  figure: 'p50Ns' | 'p95Ns'
}): VNode {
  const text = (of: FigureJson | null): string => (of === null ? '–' : duration(Number(of[figure])))
  return (
    <td class={`number pair ${figure === 'p50Ns' ? 'p50' : 'p95'}`}>
      <span class="muted">{text(before)} →</span> <span>{text(after)}</span>
    </td>
  )
}

/** The name of a phase, with a way to the timeline where it took longest. */
function Name({ row }: { row: PhaseChangeJson }): VNode {
  const { name, hook, slowest, phase, service } = row
  const look = phaseLook(phase)
  const text = (
    <>
      {name} {hook !== '' && !name.endsWith(hook) && <small class="muted">{hook}</small>}
    </>
  )
  return (
    <th
      scope="row"
      title={`${name} ${hook} (${look.label}, ${service})${slowest === null ? '' : ': the timeline where it took longest'}`}
    >
      <i class="swatch" />{' '}
      {slowest === null ? (
        text
      ) : (
        <a href={hrefOf({ page: 'timeline', traceId: slowest, span: null, find: `${name} ${hook}`.trim() })}>{text}</a>
      )}
    </th>
  )
}

function Row({ row, most }: { row: PhaseChangeJson; most: number }): VNode {
  const change = adds(row)
  return (
    <tr class={phaseLook(row.phase).className}>
      <Name row={row} />
      <Pair {...row} figure="p50Ns" />
      <Pair {...row} figure="p95Ns" />
      <td class="bar">
        <ChangeBar ns={change} most={most} />
      </td>
      <td class="number">
        <Change ns={change} most={most} />
      </td>
    </tr>
  )
}

/** Every phase of a route by its name: its own time before and after, and what that adds to a request. */
export function PhaseTable({ phases }: { phases: PhaseChangesJson }): VNode {
  const [all, setAll] = useState(false)
  const { rows, basis, requests } = phases
  const most = Math.max(0, ...rows.map((row) => Math.abs(adds(row))))
  const few = rows.filter((row) => Math.abs(adds(row)) >= most * LITTLE)
  return (
    <section class="panel">
      <h2>By phase: self time of each, and what it adds to a request</h2>
      <p class="muted">
        {BASES[basis]}: {count(requests.before)} before, {count(requests.after)} after.
      </p>
      <table class="plain changes wide">
        <caption class="unseen">Self time of each phase in both windows</caption>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" class="number pair p50">
              p50, each time
            </th>
            <th scope="col" class="number pair p95">
              p95, each time
            </th>
            <th scope="col" class="ends bar">
              <span>faster</span>
              <span>slower</span>
            </th>
            <th
              scope="col"
              class="number"
              title="Mean self time for each request of the window, whether it happened there or not"
            >
              Per request
            </th>
          </tr>
        </thead>
        <tbody>
          {(all ? rows : few).map((row) => (
            <Row key={`${row.service} ${row.phase} ${row.name} ${row.hook}`} row={row} most={most} />
          ))}
        </tbody>
      </table>
      {few.length < rows.length && (
        <button type="button" class="button" onClick={() => setAll(!all)}>
          {all ? 'Only what changed' : `All ${plural(rows.length, 'phase')}`}
        </button>
      )}
    </section>
  )
}
