import type { Summary } from '../model/summary.ts'
import { phasesJson } from './timeline-json.ts'
import type { SummaryJson } from './wire/list.ts'

/** A line of the list, times as decimal nanoseconds. */
export function summaryJson(summary: Summary): SummaryJson {
  const { slowestMiddleware: slowest } = summary
  return {
    traceId: summary.traceId,
    version: summary.version,
    service: summary.service,
    name: summary.name,
    method: summary.method,
    route: summary.route,
    status: summary.status,
    start: String(summary.start),
    durationNs: String(summary.durationNs),
    spanCount: summary.spanCount,
    services: [...summary.services],
    error: summary.error,
    inFlight: summary.inFlight,
    phases: phasesJson(summary.phases),
    warnings: Object.fromEntries(summary.warnings),
    slowestMiddleware: slowest === null ? null : { name: slowest.name, hook: slowest.hook, selfNs: String(slowest.selfNs) },
  }
}
