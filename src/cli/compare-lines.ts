import type {
  FigureJson,
  PhaseChangeJson,
  PhaseTotalJson,
  RouteChangeJson,
  WindowJson,
  WindowsJson,
} from '../query/wire/windows.ts'
import { clock, duration } from './figures.ts'
import { table, type Column } from './table.ts'
import { painter, type Paint, type Style } from './terminal-text.ts'

/** Rows beyond these hardly changed. */
const ROWS = 12

interface Screen {
  readonly width?: number
  readonly colour?: boolean
}

/** Two windows as tables, at most `width` columns (60 at least). Pure. */
export function compareLines(found: WindowsJson, { width = 80, colour = false }: Screen = {}): string[] {
  const paint = painter(colour)
  const columns = Math.max(60, width)
  const { before, after } = found
  const head = table(
    WINDOWS,
    [
      { ...before, name: 'before' },
      { ...after, name: 'after' },
    ],
    columns,
    paint,
  )
  const missing = before.took.count === 0 ? 'before' : after.took.count === 0 ? 'after' : undefined
  if (missing !== undefined) return [...head, '', `No requests ${missing}: nothing to compare. Try another --last, or --earlier.`]
  return [...head, '', ...(found.phases === null ? routes(found, columns, paint) : phases(found, columns, paint))]
}

function routes({ routes: all }: WindowsJson, columns: number, paint: Paint): string[] {
  return table(ROUTES, all.slice(0, ROWS), columns, paint)
}

function phases({ totals, phases: inside }: WindowsJson, columns: number, paint: Paint): string[] {
  return [
    ...table(
      phaseColumns('PHASE of the whole request', ({ phase }: PhaseTotalJson) => phase),
      totals.slice(0, ROWS),
      columns,
      paint,
    ),
    '',
    ...table(phaseColumns('INSIDE the service, each time', nameOf), inside?.rows.slice(0, ROWS) ?? [], columns, paint),
  ]
}

const nameOf = ({ name, hook }: PhaseChangeJson): string =>
  name.endsWith(hook) ? name : `${name} ${hook.replace(/^process_/, '')}`

type Named = WindowJson & { readonly name: string }

const time = (ns: string): string => clock(new Date(Number(BigInt(ns) / 1_000_000n)))

const figure = (of: FigureJson | null, which: 'p50Ns' | 'p95Ns'): string =>
  of === null || of[which] === '0' ? '–' : duration(Number(of[which]))

const WINDOWS: readonly Column<Named>[] = [
  { title: '', width: 6, text: ({ name }) => name, style: () => 'bold' },
  { title: 'WHEN', text: ({ from, to }) => `${time(from)} – ${time(to)}` },
  { title: 'REQUESTS', width: 9, right: true, text: ({ took, more }) => `${took.count}${more ? '+' : ''}` },
  { title: 'P50', width: 9, right: true, text: ({ took }) => figure(took, 'p50Ns') },
  { title: 'P95', width: 9, right: true, text: ({ took }) => figure(took, 'p95Ns') },
]

/** ns; undefined where there is nothing to hold against. */
function longer({ before, after }: RouteChangeJson): number | undefined {
  return before === null || after === null ? undefined : Number(after.p50Ns) - Number(before.p50Ns)
}

/** `+12.4 ms`. */
function change(ns: number): string {
  return ns === 0 ? '±0' : `${ns > 0 ? '+' : '−'}${duration(Math.abs(ns))}`
}

/** What changed by less than a twentieth did not change much. */
function tone(ns: number, of: number): Style {
  return Math.abs(ns) < of * 0.05 ? 'dim' : ns > 0 ? 'red' : 'green'
}

const ROUTES: readonly Column<RouteChangeJson>[] = [
  { title: 'ROUTE, whole request', text: ({ route }) => route },
  { title: 'SERVICE', width: 10, from: 72, text: ({ service }) => service, style: () => 'dim' },
  { title: 'REQUESTS', width: 9, right: true, text: ({ before, after }) => `${before?.count ?? 0}→${after?.count ?? 0}` },
  { title: 'P50 WAS', width: 8, right: true, text: ({ before }) => figure(before, 'p50Ns') },
  { title: 'P50 IS', width: 8, right: true, text: ({ after }) => figure(after, 'p50Ns'), style: () => 'bold' },
  {
    title: 'CHANGE',
    width: 9,
    right: true,
    text: (row) => {
      const ns = longer(row)
      return ns === undefined ? (row.before === null ? 'new' : 'gone') : change(ns)
    },
    style: (row) => tone(longer(row) ?? 0, Number(row.before?.p50Ns ?? 0)),
  },
]

function adds({ perRequest }: PhaseTotalJson | PhaseChangeJson): number {
  return Number(perRequest.afterNs) - Number(perRequest.beforeNs)
}

function phaseColumns<Row extends PhaseTotalJson | PhaseChangeJson>(title: string, text: (row: Row) => string): Column<Row>[] {
  return [
    { title, text },
    { title: 'P95 WAS', width: 8, right: true, text: ({ before }) => figure(before, 'p95Ns') },
    { title: 'P95 IS', width: 8, right: true, text: ({ after }) => figure(after, 'p95Ns'), style: () => 'bold' },
    {
      title: 'PER REQUEST',
      width: 11,
      right: true,
      text: (row) => change(adds(row)),
      style: (row) => tone(adds(row), Number(row.perRequest.beforeNs)),
    },
  ]
}
