import type { SummaryJson } from '../query/wire/list.ts'
import type { MiddlewareRowJson } from '../query/wire/middleware.ts'
import { clock, duration, percent, sparkline } from './figures.ts'
import { routesOf, type RouteRow } from './top-routes.ts'
import { table, type Column } from './table.ts'
import { fit, painter, type Paint, type Style } from './terminal-text.ts'

/** What rows are ordered by, and the key that asks for it. */
export const SORTS = { p: 'p95', m: 'p50', c: 'calls', e: 'errors', s: 'share', n: 'name' } as const
export type Sort = (typeof SORTS)[keyof typeof SORTS]

/** What a frame shows. */
export interface TopData {
  readonly middlewares: readonly MiddlewareRowJson[]
  /** The newest requests. */
  readonly requests: readonly SummaryJson[]
  readonly windowMs: number
}

export interface TopView {
  readonly sort: Sort
  readonly width: number
  /** Lines of the terminal; undefined for as many as there are rows. */
  readonly height?: number | undefined
  readonly colour: boolean
  readonly now: Date
  /** Why there is nothing new. */
  readonly trouble?: string | undefined
}

/** One picture of `phaseline top`, at most `height` lines. Pure. */
export function topFrame(data: TopData, view: TopView): string[] {
  const width = Math.max(60, view.width)
  const paint = painter(view.colour)
  const routes = routesOf(data.requests)
  const fixed = 5
  const room = view.height === undefined ? Infinity : Math.max(2, view.height - fixed)
  // Each gets half, and what the other does not need.
  const half = Math.floor(room / 2)
  const upper = Math.min(data.middlewares.length || 1, Math.max(half, room - (routes.length || 1)))
  const lower = room - upper
  return [
    heading(data, view, width, paint),
    '',
    ...section(
      middlewareColumns(data.middlewares, width),
      sorted(data.middlewares, MIDDLEWARE_ORDER[view.sort]).slice(0, upper),
      view,
      width,
      paint,
    ),
    '',
    ...section(routeColumns(routes, width), sorted(routes, ROUTE_ORDER[view.sort]).slice(0, lower), view, width, paint),
  ]
}

function heading({ windowMs, requests }: TopData, { sort, now, trouble }: TopView, width: number, paint: Paint): string {
  const minutes = Math.round(windowMs / 60_000)
  const said = `last ${minutes} min · newest requests: ${requests.length} · by ${sort}`
  const text = trouble === undefined ? fit(said, width - 25) : paint('red', fit(trouble, width - 25))
  return `${paint('bold', 'phaseline top')}  ${text}  ${clock(now)}`
}

function section<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  view: TopView,
  width: number,
  paint: Paint,
): string[] {
  const marked = columns.map((column) =>
    column.title.toLowerCase() === view.sort ? { ...column, title: `${column.title}▾` } : column,
  )
  const lines = table(marked, rows, width, paint)
  return rows.length === 0 ? [...lines, paint('dim', '(none yet)')] : lines
}

const figure = (ns: string): string => duration(Number(ns))

/** With fewer columns than that, the names would be all that is cut. */
const NARROW = 76
/** From so many columns on there is room for everything. */
const WIDE = 110

/** The services, in as many columns as the longest needs; none where there is one only, and nothing to tell apart. */
function serviceColumn<Row extends { readonly service: string }>(rows: readonly Row[]): Column<Row>[] {
  const services = [...new Set(rows.map(({ service }) => service))]
  if (services.length < 2) return []
  const longest = Math.max(...services.map(({ length }) => length))
  return [{ title: 'SERVICE', width: Math.min(16, Math.max(7, longest)), text: ({ service }) => service, style: () => 'dim' }]
}

function middlewareColumns(rows: readonly MiddlewareRowJson[], width: number): Column<MiddlewareRowJson>[] {
  const service = width < NARROW ? [] : serviceColumn(rows)
  const narrow = width < NARROW || (service.length > 0 && width < WIDE)
  const name = (row: MiddlewareRowJson): string => (narrow ? nameOf(row).replace(/Middleware\b/, '') : nameOf(row))
  const trend = narrow ? 5 : 11
  return [
    { title: 'MIDDLEWARE, self time', text: name, style: ({ alert }) => ALERTS[alert ?? 'none'] },
    ...service,
    ...MIDDLEWARES,
    { title: 'TREND', width: trend, from: 70, text: (row) => sparkline(trendOf(row), trend), style: () => 'cyan' },
  ]
}

function trendOf({ trend }: MiddlewareRowJson): (number | null)[] {
  return trend.map((ns) => (ns === null ? null : Number(ns)))
}

/** Services only where there is room: a route's name mostly says whose it is. What takes most of it is not cut, from 76 columns on. */
function routeColumns(rows: readonly RouteRow[], width: number): Column<RouteRow>[] {
  const service = width < WIDE ? [] : serviceColumn(rows)
  const times = Map.groupBy(rows, ({ name }) => name)
  const ambiguous = ({ name }: RouteRow): boolean => service.length === 0 && (times.get(name)?.length ?? 0) > 1
  const longest = Math.max(10, ...rows.map(({ most: words }) => words.length))
  const most = Math.min(longest, width < NARROW ? 18 : Infinity)
  return [
    { title: 'ROUTE, whole request', text: (row) => (ambiguous(row) ? `${row.service}: ${row.name}` : row.name) },
    ...service,
    ...ROUTES,
    { title: 'MOST OF IT', width: most, from: 70, text: (row) => row.most, style: () => 'dim' },
  ]
}

const MIDDLEWARES: readonly Column<MiddlewareRowJson>[] = [
  { title: 'CALLS', width: 6, right: true, text: ({ calls }) => count(calls) },
  { title: 'ERR', width: 4, right: true, text: ({ errors }) => (errors === 0 ? '·' : count(errors)), style: redIf },
  { title: 'P50', width: 8, from: 70, right: true, text: ({ p50Ns }) => figure(p50Ns) },
  { title: 'P95', width: 8, right: true, text: ({ p95Ns }) => figure(p95Ns), style: () => 'bold' },
  { title: 'SHARE', width: 6, right: true, text: ({ share }) => percent(share) },
]

const ROUTES: readonly Column<RouteRow>[] = [
  { title: 'CALLS', width: 6, right: true, text: ({ calls }) => count(calls) },
  { title: 'ERR', width: 4, right: true, text: ({ errors }) => (errors === 0 ? '·' : count(errors)), style: redIf },
  { title: 'P50', width: 8, from: 70, right: true, text: ({ p50 }) => duration(p50) },
  { title: 'P95', width: 8, right: true, text: ({ p95 }) => duration(p95), style: () => 'bold' },
]

const ALERTS: Readonly<Record<'firing' | 'pending' | 'none', Style | undefined>> = {
  firing: 'red',
  pending: 'yellow',
  none: undefined,
}

function redIf({ errors }: { readonly errors: number }): Style {
  return errors > 0 ? 'red' : 'dim'
}

/** `! SessionMiddleware response`: with a mark where an alert is on, and the hook without what all have in common. */
function nameOf({ name, hook, alert }: MiddlewareRowJson): string {
  const mark = alert === null ? '' : alert === 'firing' ? '! ' : '? '
  return `${mark}${name} ${hook.replace(/^process_/, '').replace('template_response', 'template')}`.trimEnd()
}

/** `950`, `12.3k`, `1.2M`: in six columns. */
function count(value: number): string {
  if (value < 10_000) return String(value)
  return value < 999_500 ? `${(value / 1_000).toFixed(value < 99_950 ? 1 : 0)}k` : `${(value / 1e6).toFixed(1)}M`
}

type Order<Row> = (row: Row) => number | string

const MIDDLEWARE_ORDER: Readonly<Record<Sort, Order<MiddlewareRowJson>>> = {
  p95: ({ p95Ns }) => Number(p95Ns),
  p50: ({ p50Ns }) => Number(p50Ns),
  calls: ({ calls }) => calls,
  errors: ({ errors }) => errors,
  share: ({ share }) => share,
  name: ({ name, hook }) => `${name} ${hook}`,
}

/** A route has no share of its own time: the time that all its requests took stands for it. */
const ROUTE_ORDER: Readonly<Record<Sort, Order<RouteRow>>> = {
  p95: ({ p95 }) => p95,
  p50: ({ p50 }) => p50,
  calls: ({ calls }) => calls,
  errors: ({ errors }) => errors,
  share: ({ total }) => total,
  name: ({ name }) => name,
}

/** Figures: the greatest first; names: in their order. */
function sorted<Row>(rows: readonly Row[], by: Order<Row>): Row[] {
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)]
    return typeof x === 'string' ? x.localeCompare(String(y)) : Number(y) - x
  })
}
