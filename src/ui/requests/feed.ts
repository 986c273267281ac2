import type { SummaryJson } from '../../query/wire/list.ts'

/** The list of requests: what is shown, and what arrived while somebody was reading. Newest first. */
export interface Feed {
  readonly shown: readonly SummaryJson[]
  readonly held: readonly SummaryJson[]
  /** How many rows were ever asked for: the list is cut there, so that a page left open does not grow for ever. */
  readonly most: number
}

export const EMPTY: Feed = { shown: [], held: [], most: 500 }

/** Whether a comes before b in a list whose newest is first. Decimal nanoseconds of one length compare as texts; mostly they are. */
function newer(a: SummaryJson, b: SummaryJson): boolean {
  if (a.start.length !== b.start.length) return a.start.length > b.start.length
  return a.start === b.start ? a.traceId > b.traceId : a.start > b.start
}

function insert(list: readonly SummaryJson[], item: SummaryJson): SummaryJson[] {
  const rest = list.filter((other) => other.traceId !== item.traceId)
  const at = rest.findIndex((other) => newer(item, other))
  return at < 0 ? [...rest, item] : [...rest.slice(0, at), item, ...rest.slice(at)]
}

const has = (list: readonly SummaryJson[], item: SummaryJson): boolean => list.some((other) => other.traceId === item.traceId)

/** A request arrived or changed. A row that is shown changes in place; a new one waits while the list is paused. */
export function arrived(feed: Feed, item: SummaryJson, paused: boolean): Feed {
  if (has(feed.shown, item)) {
    return { ...feed, shown: feed.shown.map((other) => (other.traceId === item.traceId ? item : other)) }
  }
  if (paused) return { ...feed, held: insert(feed.held, item).slice(0, feed.most) }
  return { ...feed, shown: insert(feed.shown, item).slice(0, feed.most) }
}

/** A request does not fit any more: it was in flight, and has ended. */
export function left(feed: Feed, item: SummaryJson): Feed {
  if (!has(feed.shown, item) && !has(feed.held, item)) return feed
  const others = ({ traceId }: SummaryJson): boolean => traceId !== item.traceId
  return { ...feed, shown: feed.shown.filter(others), held: feed.held.filter(others) }
}

/** What waited is shown. */
export function released(feed: Feed): Feed {
  if (feed.held.length === 0) return feed
  return { ...feed, shown: feed.held.reduceRight(insert, feed.shown).slice(0, feed.most), held: [] }
}

/** Another page of older ones. */
export function extended(feed: Feed, items: readonly SummaryJson[]): Feed {
  const fresh = items.filter((item) => !has(feed.shown, item))
  return { ...feed, shown: [...feed.shown, ...fresh], most: Math.max(feed.most, feed.shown.length + fresh.length) }
}
