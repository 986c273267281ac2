import type { Span } from '../model/span.ts'

/**
 * Spans by trace. Some senders cut a trace id to its low 64 bits: where exactly one whole id ends in those, they are one trace.
 */
export function tracesOf(spans: Iterable<Span>): Map<string, Span[]> {
  const traces = new Map<string, Span[]>()
  for (const span of spans) {
    const trace = traces.get(span.traceId)
    if (trace === undefined) traces.set(span.traceId, [span])
    else trace.push(span)
  }
  const cut = [...traces.keys()].filter((id) => id.startsWith('0000000000000000'))
  if (cut.length === 0 || cut.length === traces.size) return traces
  const whole = Map.groupBy(
    [...traces.keys()].filter((id) => !id.startsWith('0000000000000000')),
    (id) => id.slice(16),
  )
  for (const id of cut) join(traces, id, whole.get(id.slice(16)) ?? [])
  return traces
}

function join(traces: Map<string, Span[]>, cut: string, whole: readonly string[]): void {
  const [id, another] = whole
  if (id === undefined || another !== undefined) return
  traces.set(id, [...(traces.get(id) ?? []), ...(traces.get(cut) ?? []).map((span) => ofTrace(span, cut, id))])
  traces.delete(cut)
}

/** The span with its whole trace id, so that copies with the one and with the other are copies. */
function ofTrace(span: Span, cut: string, id: string): Span {
  const links = span.links.map((link) => (link.traceId === cut ? { ...link, traceId: id } : link))
  return { ...span, traceId: id, links }
}
