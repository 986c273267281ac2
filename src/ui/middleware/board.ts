import type { MiddlewareRowJson } from '../../query/wire/middleware.ts'
import { PHASE_ORDER } from '../phases.ts'

/** What the table of middlewares shows, and in which order: all of it is in the URL. */
export interface Board {
  /** A phase, or `middleware.*` for all hooks. */
  readonly phase: string
  readonly service: string
  readonly route: string
  /** Milliseconds back. */
  readonly windowMs: string
  readonly sort: SortKey
  readonly up: boolean
}

/** What can be sorted by. */
export type SortKey = 'time' | 'name' | 'calls' | 'p50' | 'p95' | 'p99' | 'share' | 'errors'

export const FIRST_BOARD: Board = { phase: 'middleware.*', service: '', route: '', windowMs: '900000', sort: 'time', up: false }

const KEYS: readonly string[] = ['time', 'name', 'calls', 'p50', 'p95', 'p99', 'share', 'errors'] satisfies SortKey[]

const isKey = (text: string): text is SortKey => KEYS.includes(text)

/** The board that a URL's query names. */
export function boardOf(params: URLSearchParams): Board {
  const text = (name: 'phase' | 'service' | 'route' | 'windowMs'): string => params.get(name)?.trim() || FIRST_BOARD[name]
  const sort = params.get('sort') ?? ''
  return {
    phase: text('phase'),
    service: text('service'),
    route: text('route'),
    windowMs: text('windowMs'),
    sort: isKey(sort) ? sort : 'time',
    up: params.get('up') === '1',
  }
}

/** The query of a URL that names this board; what is as it always is, is left out. */
export function boardQuery(board: Board): string {
  const params = new URLSearchParams()
  for (const name of ['phase', 'service', 'route', 'windowMs', 'sort'] as const) {
    if (board[name] !== FIRST_BOARD[name]) params.set(name, board[name])
  }
  if (board.up) params.set('up', '1')
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A column's head was pressed: sorted by it, the largest first; pressed again, the other way round. */
export function sortedBy(board: Board, sort: SortKey): Board {
  if (board.sort === sort) return { ...board, up: !board.up }
  return { ...board, sort, up: sort === 'name' }
}

/** One middleware with its hooks, in the order of a request's life: its way in and its way out belong together. */
export interface Group {
  readonly service: string
  readonly name: string
  readonly rows: readonly MiddlewareRowJson[]
}

const VALUES: Readonly<Record<Exclude<SortKey, 'name' | 'time'>, (row: MiddlewareRowJson) => number>> = {
  calls: (row) => row.calls,
  p50: (row) => Number(row.p50Ns),
  p95: (row) => Number(row.p95Ns),
  p99: (row) => Number(row.p99Ns),
  share: (row) => row.share,
  errors: (row) => row.errors,
}

const inLife = (a: MiddlewareRowJson, b: MiddlewareRowJson): number =>
  PHASE_ORDER.indexOf(a.phase) - PHASE_ORDER.indexOf(b.phase) || a.hook.localeCompare(b.hook)

/** What a group is called among the others. */
export const keyOf = ({ service, name }: Group): string => `${service} ${name}`

/** The groups in an order that they had; new ones last: nothing moves from under the pointer. @param keys of `keyOf` */
export function asBefore(groups: readonly Group[], keys: readonly string[]): Group[] {
  const places = new Map(keys.map((key, place) => [key, place]))
  const place = (group: Group): number => places.get(keyOf(group)) ?? keys.length
  return groups.toSorted((a, b) => place(a) - place(b))
}

/**
 * The rows by middleware, sorted: a middleware is where the largest of its hooks would be.
 * @param rows as the API gives them: what takes the most time in all first, which is how they stay if sorted by `time`
 */
export function groupsOf(rows: readonly MiddlewareRowJson[], { sort, up }: Pick<Board, 'sort' | 'up'>): Group[] {
  const together = Map.groupBy(rows, (row) => `${row.service}\0${row.name}`)
  const groups = [...together.values()].map((hooks): Group => {
    const { service, name } = hooks[0] as MiddlewareRowJson
    return { service, name, rows: hooks.toSorted(inLife) }
  })
  if (sort === 'time') return up ? groups.reverse() : groups
  const way = up ? 1 : -1
  const byName = (a: Group, b: Group): number => a.name.localeCompare(b.name) || a.service.localeCompare(b.service)
  if (sort === 'name') return groups.sort((a, b) => way * byName(a, b))
  const value = (group: Group): number => Math.max(...group.rows.map(VALUES[sort]))
  return groups.sort((a, b) => way * (value(a) - value(b)) || byName(a, b))
}
