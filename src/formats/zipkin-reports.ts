import { array, isObject, object, text, type Json } from './json.ts'

/** A span of Zipkin's, and where it, or the first of its parts, stands in the list. */
export interface Report {
  readonly span: unknown
  readonly place: number
}

/**
 * Zipkin's senders may report a span in parts: its start, and later its duration. Parts of one id, one side of the call and one
 * endpoint of which one has no time or no duration are put together; everything else stays as it is.
 */
export function mergeReports(list: readonly unknown[]): Report[] {
  const groups = new Map<string, Report[]>()
  const reports: Report[] = []
  list.forEach((span, place) => {
    const { traceId, id, shared } = object(span)
    const key = isObject(span) ? `${digits(traceId)} ${digits(id)} ${shared === true}` : `${place}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ span, place }])
    else group.push({ span, place })
  })
  for (const group of groups.values()) reports.push(...(group.length === 1 ? group : mergeGroup(group)))
  return reports.sort((a, b) => a.place - b.place)
}

/** An id as all write it: some fill it with zeros, some cut a trace's to its low 64 bits. */
function digits(id: unknown): string {
  return text(id).toLowerCase().padStart(16, '0').slice(-16)
}

function mergeGroup(group: readonly Report[]): Report[] {
  const merged: { span: Json; place: number; json: string }[] = []
  for (const { span, place } of [...group].sort(fullestFirst)) {
    const json = JSON.stringify(span)
    const other = merged.find(
      (known) => known.json !== json && isPart(known.span, span as Json) && belong(known.span, span as Json),
    )
    if (other === undefined) merged.push({ span: span as Json, place, json })
    else Object.assign(other, { span: unite(other.span, span as Json), place: Math.min(place, other.place) })
  }
  return merged
}

function fullestFirst(a: Report, b: Report): number {
  const count = ({ span }: Report): number =>
    ['timestamp', 'kind', 'localEndpoint', 'duration'].filter((key) => key in object(span)).length
  return count(b) - count(a) || (JSON.stringify(a.span) < JSON.stringify(b.span) ? -1 : 1)
}

function isPart(a: Json, b: Json): boolean {
  return [a, b].some((span) => span['timestamp'] === undefined || span['duration'] === undefined)
}

function belong(a: Json, b: Json): boolean {
  const here = object(a['localEndpoint'])
  const there = object(b['localEndpoint'])
  return agree(a['kind'], b['kind']) && ['serviceName', 'ipv4', 'ipv6'].every((key) => agree(here[key], there[key]))
}

function agree(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined || a === b
}

function unite(a: Json, b: Json): Json {
  return {
    ...b,
    ...a,
    traceId: text(a['traceId']).length < text(b['traceId']).length ? b['traceId'] : a['traceId'],
    localEndpoint: { ...object(b['localEndpoint']), ...object(a['localEndpoint']) },
    tags: { ...object(b['tags']), ...object(a['tags']) },
    annotations: withoutCopies([...array(a['annotations']), ...array(b['annotations'])]),
  }
}

function withoutCopies(annotations: readonly unknown[]): unknown[] {
  return [...new Map(annotations.map((annotation) => [JSON.stringify(annotation), annotation])).values()]
}
