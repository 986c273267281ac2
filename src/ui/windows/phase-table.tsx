import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { FigureJson, PhaseChangeJson, PhaseChangesJson, PhaseTotalJson } from '../../query/wire/windows.ts'
import { Difference, Ends } from '../compare/change.tsx'
import { count, duration } from '../format.ts'
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
  const text = (of: FigureJson | null): string => (of === null || of[figure] === '0' ? '–' : duration(Number(of[figure])))
  return (
    <td class={`number pair ${figure === 'p50Ns' ? 'p50' : 'p95'}`}>
      {text(before) === '–' && text(after) === '–' ? (
        <span class="muted">–</span>
      ) : (
        <>
          <span class="muted">{text(before)} →</span> <span>{text(after)}</span>
        </>
      )}
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

interface RowProps {
  readonly row: PhaseChangeJson | PhaseTotalJson
  readonly most: number
  readonly looked: string
}

const isLooked = (row: PhaseChangeJson | PhaseTotalJson, looked: string): boolean =>
  looked !== '' && 'name' in row && row.name === looked

function Row({ row, most, looked }: RowProps): VNode {
  const change = adds(row)
  return (
    <tr class={`${phaseLook(row.phase).className}${isLooked(row, looked) ? ' looked' : ''}`}>
      {'name' in row ? <Name row={row} /> : <Phase id={row.phase} />}
      <Pair {...row} figure="p50Ns" />
      <Pair {...row} figure="p95Ns" />
      <Difference ns={change} most={most} />
    </tr>
  )
}

function Phase({ id }: { id: string }): VNode {
  const { label, meaning } = phaseLook(id)
  return (
    <th scope="row" title={meaning}>
      <i class="swatch" /> {label}
    </th>
  )
}

interface TableProps {
  readonly rows: readonly (PhaseChangeJson | PhaseTotalJson)[]
  readonly caption: string
  /** What the first column names, and what p50 and p95 are of. */
  readonly what: string
  readonly of: string
  /** A change that is a full bar at least, ns: what is little beside the whole request must not look like much. */
  readonly floor: number
  /** Whose rows stand out, and are there however little they changed. */
  readonly looked?: string
}

/** Rows with their figures before and after; those that hardly changed on demand. */
function Changes({ rows, caption, what, of, floor, looked = '' }: TableProps): VNode {
  const [all, setAll] = useState(false)
  const most = Math.max(floor, ...rows.map((row) => Math.abs(adds(row))))
  const few = rows.filter((row) => Math.abs(adds(row)) >= most * LITTLE || isLooked(row, looked))
  return (
    <>
      <table class="plain changes wide">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" class="number pair p50">
              p50{of}
            </th>
            <th scope="col" class="number pair p95">
              p95{of}
            </th>
            <Ends name="ends bar" />
            <th
              scope="col"
              class="number"
              title="The difference of the means, for each request of the window, whether it happened there or not"
            >
              Adds per request
            </th>
          </tr>
        </thead>
        <tbody>
          {(all ? rows : few).map((row) => (
            <Row
              key={'name' in row ? `${row.service} ${row.phase} ${row.name} ${row.hook}` : row.phase}
              row={row}
              most={most}
              looked={looked}
            />
          ))}
        </tbody>
      </table>
      {few.length < rows.length && (
        <button type="button" class="button" onClick={() => setAll(!all)}>
          {all ? 'Only what changed' : `All ${count(rows.length)}`}
        </button>
      )}
    </>
  )
}

/** Where the time of whole requests went, by phase: the differences add up to that of the mean. */
export function TotalsTable({ totals, floor }: { totals: readonly PhaseTotalJson[]; floor: number }): VNode {
  return (
    <section class="panel">
      <h2>By phase of the whole request</h2>
      <Changes rows={totals} caption="Self time of each phase in both windows" what="Phase" of="" floor={floor} />
    </section>
  )
}

/** Every phase inside the service by its name: its own time before and after, and what that adds to a request. */
export function NamesTable({ phases, floor, looked }: { phases: PhaseChangesJson; floor: number; looked: string }): VNode {
  const { rows, basis, requests } = phases
  if (rows.length === 0) return <p class="muted">Nothing is known of what happened inside the service.</p>
  return (
    <section class="panel">
      <h2>Inside the service: each middleware, view and query</h2>
      <p class="muted">
        {BASES[basis]}: {count(requests.before)} before, {count(requests.after)} after. A name leads to the timeline where it took
        longest.
      </p>
      <Changes
        rows={rows}
        caption="Self time of each part of the service in both windows"
        what="Name"
        of=", each time"
        floor={floor}
        looked={looked}
      />
    </section>
  )
}
