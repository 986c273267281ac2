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
