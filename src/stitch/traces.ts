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
  for (const [id, cut] of wholeIds([...traces.keys()])) for (const short of cut) join(traces, short, id)
  return traces
}

/** The ids of traces, each with that of the same trace cut short, if there is one. */
export function wholeIds(ids: readonly string[]): Map<string, string[]> {
  const isCut = (id: string): boolean => id.startsWith('0000000000000000')
  const byEnd = Map.groupBy(
    ids.filter((id) => !isCut(id)),
    (id) => id.slice(16),
  )
  const whole = new Map<string, string[]>(ids.map((id) => [id, []]))
  for (const cut of ids.filter(isCut)) {
    const [id, another] = byEnd.get(cut.slice(16)) ?? []
    if (id === undefined || another !== undefined) continue
    whole.get(id)?.push(cut)
    whole.delete(cut)
  }
  return whole
}

function join(traces: Map<string, Span[]>, cut: string, id: string): void {
  traces.set(id, [...(traces.get(id) ?? []), ...(traces.get(cut) ?? []).map((span) => ofTrace(span, cut, id))])
  traces.delete(cut)
}

/** The span with its whole trace id, so that copies with the one and with the other are copies. */
function ofTrace(span: Span, cut: string, id: string): Span {
  const links = span.links.map((link) => (link.traceId === cut ? { ...link, traceId: id } : link))
  return { ...span, traceId: id, links }
}
