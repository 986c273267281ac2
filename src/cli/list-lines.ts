import type { SummaryJson } from '../query/wire/list.ts'
import { duration, moment, percent } from './figures.ts'
import { table, type Column } from './table.ts'
import { painter, type Style } from './terminal-text.ts'
import { SHORT, shortId } from './trace-id.ts'

/**
 * @param time when each began, as it is said
 * @param most columns that what takes most of a request needs: it is never cut
 */
const columnsOf = (time: (item: SummaryJson) => string, timeWidth: number, most: number): Column<SummaryJson>[] => [
  { title: 'TRACE', width: SHORT, text: ({ traceId }) => shortId(traceId), style: () => 'dim' },
  { title: 'TIME', width: timeWidth, text: time },
  { title: '', width: 3, text: ({ status }) => (status === null ? '···' : String(status)), style: statusStyle },
  { title: 'TOOK', width: 8, right: true, text: (item) => (item.inFlight ? 'running' : duration(Number(item.durationNs))) },
  { title: 'REQUEST', text: requestOf, style: ({ error }) => (error ? 'red' : undefined) },
  { title: 'MOST OF IT', width: most, from: 72, text: mostOf, style: () => 'dim' },
]

/** Columns of the terminal, and whether it takes colours. */
interface Screen {
  readonly width?: number
  readonly colour?: boolean
  /** What day it is: of another, the date is said instead of the time. */
  readonly now?: Date
}

/** Requests as a table, one line each. Pure. Fewer than 60 columns are taken as 60. */
export function listLines(
  items: readonly SummaryJson[],
  { width = 80, colour = false, now = new Date() }: Screen = {},
): string[] {
  const time = ({ start }: SummaryJson): string => moment(new Date(Number(BigInt(start) / 1_000_000n)), now)
  const timeWidth = Math.max(8, ...items.map((item) => time(item).length))
  const most = Math.max(10, ...items.map((item) => mostOf(item).length))
  return table(columnsOf(time, timeWidth, most), items, Math.max(60, width), painter(colour))
}

function statusStyle({ status, error }: SummaryJson): Style {
  if (status === null) return 'dim'
  return error || status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green'
}

/** Its name; N+1 is said, because it is never meant. */
function requestOf(item: SummaryJson): string {
  return (item.warnings['n_plus_one'] ?? 0) > 0 ? `${nameOf(item)} (N+1)` : nameOf(item)
}

/** `GET /books/:id`, or `GET [nginx]` for what has no route. */
export function nameOf({ name, service }: Pick<SummaryJson, 'name' | 'service'>): string {
  return name.includes(' ') ? name : `${name} [${service}]`
}

/** `db 62 %`: the phase that has the most of its time. */
export function mostOf({ phases, durationNs }: Pick<SummaryJson, 'phases' | 'durationNs'>): string {
  const [most] = Object.entries(phases).sort(([, a], [, b]) => Number(b) - Number(a))
  if (most === undefined || durationNs === '0') return ''
  const [phase, ns] = most
  return `${phase.replace('template_response', 'template')} ${percent(Number(ns) / Number(durationNs))}`
}
