import { filterOf, queryOf, type Filter } from './filter.ts'

/** What the page shows: every state worth sending to somebody is in the URL. */
export type Place =
  | { readonly page: 'requests'; readonly filter: Filter }
  | { readonly page: 'timeline'; readonly traceId: string; readonly span: string | null }
  | { readonly page: 'status' }
  | { readonly page: 'nowhere'; readonly path: string }

/** The place that a URL means. */
export function placeOf(url: URL): Place {
  if (url.pathname === '/') return { page: 'requests', filter: filterOf(url.searchParams) }
  if (url.pathname === '/status') return { page: 'status' }
  const trace = /^\/trace\/([0-9a-f]{1,32})\/?$/i.exec(url.pathname)
  if (trace !== null) {
    const traceId = (trace[1] as string).toLowerCase().padStart(32, '0')
    return { page: 'timeline', traceId, span: url.searchParams.get('span') }
  }
  return { page: 'nowhere', path: url.pathname }
}

/** The path and query of a place. */
export function hrefOf(place: Place): string {
  if (place.page === 'requests') return `/${queryOf(place.filter)}`
  if (place.page === 'timeline')
    return `/trace/${place.traceId}${place.span === null ? '' : `?span=${encodeURIComponent(place.span)}`}`
  return place.page === 'status' ? '/status' : place.path
}
