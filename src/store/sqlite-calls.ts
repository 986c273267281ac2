import type { Timeline } from '../model/timeline.ts'
import type { Call } from './sqlite-summary.ts'

/** The calls between services in a timeline: spans whose parent is another service's. */
export function callsOf(timeline: Timeline): Call[] {
  const services = new Map(timeline.spans.map((span) => [span.spanId, span.service]))
  if (new Set(services.values()).size < 2) return []
  const counts = new Map<string, Map<string, number>>()
  for (const span of timeline.spans) {
    const parent = span.parentSpanId === null ? undefined : services.get(span.parentSpanId)
    if (parent === undefined || parent === '' || parent === span.service) continue
    const children = counts.get(parent) ?? new Map<string, number>()
    counts.set(parent, children.set(span.service, (children.get(span.service) ?? 0) + 1))
  }
  return [...counts].flatMap(([parent, children]) => [...children].map(([child, calls]) => ({ parent, child, calls })))
}
