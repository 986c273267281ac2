import { filterOf, queryOf, type Filter } from './filter.ts'
import { boardOf, boardQuery, type Board } from './middleware/board.ts'
import { windowsOf, windowsQuery, type Windows } from './windows/windows.ts'

/** What the page shows: every state worth sending to somebody is in the URL. */
export type Place =
  | { readonly page: 'requests'; readonly filter: Filter }
  | { readonly page: 'timeline'; readonly traceId: string; readonly span: string | null; readonly find?: string }
  | { readonly page: 'middleware'; readonly board: Board }
  | { readonly page: 'alerts' }
  | { readonly page: 'windows'; readonly windows: Windows }
  | { readonly page: 'compare'; readonly a: string | null; readonly b: string | null }
  | { readonly page: 'status' }
  | { readonly page: 'nowhere'; readonly path: string }

/** A trace id as everybody writes it; null for what is none. */
export function traceIdOf(text: string): string | null {
  const id = text.trim().toLowerCase()
  return /^[0-9a-f]{1,32}$/.test(id) ? id.padStart(32, '0') : null
}

/** The place that a URL means. */
export function placeOf({ pathname, searchParams }: URL): Place {
  if (pathname === '/') return { page: 'requests', filter: filterOf(searchParams) }
  if (pathname === '/middleware') return { page: 'middleware', board: boardOf(searchParams) }
  if (pathname === '/compare') {
    const id = (name: string): string | null => traceIdOf(searchParams.get(name) ?? '')
    const [a, b] = [id('a'), id('b')]
    return a === null && b === null ? { page: 'windows', windows: windowsOf(searchParams) } : { page: 'compare', a, b }
  }
  if (pathname === '/alerts' || pathname === '/status') return { page: pathname === '/alerts' ? 'alerts' : 'status' }
  const trace = /^\/trace\/([0-9a-f]{1,32})\/?$/i.exec(pathname)
  const traceId = trace === null ? null : traceIdOf(trace[1] as string)
  if (traceId === null) return { page: 'nowhere', path: pathname }
  const find = searchParams.get('find')
  return { page: 'timeline', traceId, span: searchParams.get('span'), ...(find !== null && { find }) }
}

/** What a timeline is opened at: a span, or what is searched for in it. */
function opened(span: string | null, find: string): string {
  if (span !== null) return `?span=${encodeURIComponent(span)}`
  return find === '' ? '' : `?find=${encodeURIComponent(find)}`
}

/** The path and query of a place. */
export function hrefOf(place: Place): string {
  switch (place.page) {
    case 'requests':
      return `/${queryOf(place.filter)}`
    case 'timeline':
      return `/trace/${place.traceId}${opened(place.span, place.find ?? '')}`
    case 'middleware':
      return `/middleware${boardQuery(place.board)}`
    case 'windows':
      return `/compare${windowsQuery(place.windows)}`
    case 'compare':
      return `/compare?${new URLSearchParams({ ...(place.a !== null && { a: place.a }), ...(place.b !== null && { b: place.b }) })}`
    case 'nowhere':
      return place.path
    default:
      return `/${place.page}`
  }
}
