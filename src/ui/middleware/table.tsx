import type { VNode } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import type { MiddlewareJson, MiddlewareRowJson } from '../../query/wire/middleware.ts'
import { count, duration, durationParts, percent } from '../format.ts'
import { go } from '../navigate.ts'
import { phaseLook } from '../phases.ts'
import { asBefore, boardQuery, groupsOf, keyOf, sortedBy, type Board, type Group, type SortKey } from './board.ts'
import { FIRST_WINDOWS } from '../windows/windows.ts'
import { Ways } from '../ways.tsx'
import { Sparkline } from './sparkline.tsx'

interface Column {
  readonly key: SortKey | null
  readonly text: string
  readonly className: string
  readonly meaning?: string
}

const COLUMNS: readonly Column[] = [
  { key: 'name', text: 'Name', className: 'who' },
  { key: null, text: 'Hook', className: 'side' },
  { key: 'calls', text: 'Calls', className: 'number calls' },
  { key: 'p50', text: 'p50', className: 'number p50', meaning: 'Half of its calls took no longer than this' },
  { key: 'p95', text: 'p95', className: 'number p95', meaning: '95 of 100 calls took no longer than this' },
  { key: 'p99', text: 'p99', className: 'number p99', meaning: '99 of 100 calls took no longer than this' },
  { key: 'share', text: 'Of the request', className: 'part', meaning: 'Its own time as a share of its requests’ time' },
  { key: null, text: 'p95 over time', className: 'trend' },
  { key: 'errors', text: 'Errors', className: 'number errors' },
  { key: null, text: 'Alert', className: 'alert' },
  { key: null, text: 'Look at', className: 'links' },
]

function Head({ board }: { board: Board }): VNode {
  const way = board.up ? 'ascending' : 'descending'
  return (
    <thead>
      <tr>
        {COLUMNS.map(({ key, text, className, meaning }) => (
          <th key={text} scope="col" class={className} aria-sort={key === board.sort ? way : undefined} title={meaning}>
            {key === null ? (
              text
            ) : (
              <button type="button" onClick={() => go({ page: 'middleware', board: sortedBy(board, key) })}>
                {text}
                <i aria-hidden="true">{key !== board.sort ? '' : board.up ? ' ↑' : ' ↓'}</i>
              </button>
            )}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Figure({ ns, className, label }: { ns: string; className: string; label: string }): VNode {
  const [figure, unit] = durationParts(Number(ns))
  return (
    <td class={`number ${className}`} data-label={label}>
      {figure} <small>{unit}</small>
    </td>
  )
}

/** Where to look: the slowest timeline, and more. */
function Links({ row, board }: { row: MiddlewareRowJson; board: Board }): VNode {
  const { slowest, typical, name, hook } = row
  const find = `${name} ${hook}`.trim()
  const windows = { ...FIRST_WINDOWS, service: row.service, route: board.route, lastMs: board.windowMs, name }
  return (
    <td class="links">
      <Ways of={find} slowest={slowest} typical={typical} find={find} windows={windows} />
    </td>
  )
}

/** Firing and pending lead to the alerts. */
function AlertState({ alert }: { alert: MiddlewareRowJson['alert'] }): VNode {
  return (
    <td class="alert">
      {alert !== null && (
        <a class={`pill ${alert === 'firing' ? 'tone-bad' : 'tone-warn'}`} href="/alerts">
          {alert}
        </a>
      )}
    </td>
  )
}

function Hook({ row, board, minutes }: { row: MiddlewareRowJson; board: Board; minutes: number }): VNode {
  const look = phaseLook(row.phase)
  return (
    <>
      <td class="side" title={look.meaning}>
        <i class="swatch" /> {look.label.replace(/^middleware /, '')}
        {row.hook !== '' && <small> {row.hook}</small>}
      </td>
      <td class="number calls" data-label="calls">
        {count(row.calls)}
      </td>
      <Figure ns={row.p50Ns} className="p50" label="p50" />
      <Figure ns={row.p95Ns} className="p95" label="p95" />
      <Figure ns={row.p99Ns} className="p99" label="p99" />
      <td class="part">
        <span class="meter" aria-hidden="true">
          <i style={{ width: `${Math.max(1, row.share * 100)}%` }} />
        </span>{' '}
        {percent(row.share)}
      </td>
      <td class="trend">
        <Sparkline trend={row.trend} minutes={minutes} />
      </td>
      <td class={row.errors > 0 ? 'number errors tone-bad' : 'number errors muted'} data-label="errors">
        {count(row.errors)}
      </td>
      <AlertState alert={row.alert} />
      <Links row={row} board={board} />
    </>
  )
}

/** The hooks of one middleware, under one bracket. */
function Hooks({ group, board, minutes }: { group: Group; board: Board; minutes: number }): VNode {
  const { name, service, rows } = group
  return (
    <tbody class={rows.length > 1 ? 'joined' : ''}>
      {rows.map((row, index) => (
        <tr key={`${row.phase} ${row.hook}`} class={phaseLook(row.phase).className}>
          {index === 0 && (
            <th scope="rowgroup" class="who" rowSpan={rows.length}>
              <b title={name}>{name}</b>
              <small>{service}</small>
            </th>
          )}
          <Hook row={row} board={board} minutes={minutes} />
        </tr>
      ))}
    </tbody>
  )
}

/** The groups; while the pointer is over them, in the order in which they were, unless another was asked for. */
function useSteady(groups: Group[], asked: string, over: { readonly current: boolean }): Group[] {
  const before = useRef<{ asked: string; keys: string[] }>({ asked: '', keys: [] })
  const steady = over.current && before.current.asked === asked ? asBefore(groups, before.current.keys) : groups
  before.current = { asked, keys: steady.map(keyOf) }
  return steady
}

/** One line per middleware and hook. */
export function Table({ board, data }: { board: Board; data: MiddlewareJson }): VNode {
  const over = useRef(false)
  const groups = useSteady(
    useMemo(() => groupsOf(data.rows, board), [data.rows, board.sort, board.up]),
    boardQuery(board),
    over,
  )
  const minutes = Math.round(data.windowMs / 60_000)
  const slowest = Math.max(...data.rows.map((row) => Number(row.p95Ns)))
  return (
    <table
      class="hooks"
      aria-label={`Figures of ${minutes} min, the highest p95 ${duration(slowest)}`}
      onPointerEnter={() => void (over.current = true)}
      onPointerLeave={() => void (over.current = false)}
    >
      <Head board={board} />
      {groups.map((group) => (
        <Hooks key={keyOf(group)} group={group} board={board} minutes={minutes} />
      ))}
    </table>
  )
}
