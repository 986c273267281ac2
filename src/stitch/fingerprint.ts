import type { Span, Value, ValueMap } from '../model/span.ts'

/**
 * All that a span says, as one text: two copies are the same if and only if these are, whatever the order of their attributes.
 * Slow; only copies under one id are compared.
 */
export function fingerprint(span: Span): string {
  return JSON.stringify([
    [span.traceId, span.spanId, span.parentSpanId, span.name, span.kind, `${span.start}`, `${span.end}`],
    [span.status, span.statusMessage, span.traceState, span.flags, span.shared === true, span.droppedAttributes ?? 0],
    pairs(span.attributes),
    span.events.map((event) => [`${event.time}`, event.name, pairs(event.attributes)]),
    span.links.map((link) => [link.traceId, link.spanId, link.type, link.traceState, pairs(link.attributes)]),
    [span.resource.service, span.resource.host, pairs(span.resource.attributes)],
    [span.scope.name, span.scope.version, pairs(span.scope.attributes)],
  ])
}

/** Whether two spans have the same fingerprint: told without making it, in a twentieth of the time. */
export function same(a: Span, b: Span): boolean {
  return (
    SCALARS.every((field) => a[field] === b[field]) &&
    (a.shared === true) === (b.shared === true) &&
    (a.droppedAttributes ?? 0) === (b.droppedAttributes ?? 0) &&
    sameMaps(a.attributes, b.attributes) &&
    sameLists(a.events, b.events, (one, other) => one.time === other.time && one.name === other.name) &&
    sameLists(a.links, b.links, (one, other) => LINKED.every((field) => one[field] === other[field])) &&
    sameSender(a, b)
  )
}

const SCALARS = [
  ...(['start', 'end', 'kind', 'name', 'parentSpanId', 'spanId', 'traceId'] as const),
  ...(['status', 'statusMessage', 'traceState', 'flags'] as const),
] as const
const LINKED = ['traceId', 'spanId', 'type', 'traceState'] as const

function sameSender({ resource: here, scope }: Span, { resource: there, scope: other }: Span): boolean {
  const resources = here === there || (here.service === there.service && here.host === there.host)
  if (!resources || scope.name !== other.name || scope.version !== other.version) return false
  return sameMaps(here.attributes, there.attributes) && sameMaps(scope.attributes, other.attributes)
}

type Attributed = { readonly attributes: ValueMap }

function sameLists<Item extends Attributed>(
  a: readonly Item[],
  b: readonly Item[],
  alike: (a: Item, b: Item) => boolean,
): boolean {
  if (a.length !== b.length) return false
  return a.every((one, place) => alike(one, b[place] as Item) && sameMaps(one.attributes, (b[place] as Item).attributes))
}

function sameMaps(a: ValueMap, b: ValueMap): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (value === other) continue
    if (other === undefined || JSON.stringify(plain(value)) !== JSON.stringify(plain(other))) return false
  }
  return true
}

function pairs(map: ValueMap): [string, unknown][] {
  const list = [...map].map(([key, value]): [string, unknown] => [key, plain(value)])
  return list.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A value as JSON can say it, each type in its own way. Depth is limited by whoever decoded it. */
function plain(value: Value): unknown {
  if (typeof value === 'bigint') return { int: `${value}` }
  if (typeof value === 'number' && !Number.isFinite(value)) return { double: `${value}` }
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return value.map(plain)
  return { map: pairs(new Map(Object.entries(value))) }
}
