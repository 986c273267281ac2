import { OWN } from '../model/attributes.ts'
import type { Span, Value } from '../model/span.ts'
import type { Received, Summary } from '../model/summary.ts'
import { latencyNs, streamAround } from '../model/streaming.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import { byText, sort } from './sort.ts'

/** A timeline in short: what a list of requests shows. */
export function summarise(timeline: Timeline): Summary {
  const { spans } = timeline
  const root = spans[0] as TimelineSpan
  const stream = streamAround(timeline)
  const durationNs = stream === undefined ? timeline.durationNs : latencyNs(root, stream)
  const server = spans.find((span) => span.kind === 'SERVER')
  const gateway = spans.find((span) => span.phase === 'gateway') ?? server
  const first = gateway ?? root
  const status = number(first, 'http.response.status_code', 'http.status_code')
  // A client calls a 4xx an error (semantic conventions for HTTP); to whoever runs the server it is an answer.
  const refused = first !== root && status !== null && status >= 400 && status < 500
  const received = receivedOf(spans)
  return {
    traceId: timeline.traceId,
    version: timeline.version,
    service: (gateway ?? spans.find((span) => span.service !== ''))?.service ?? '',
    name: (gateway ?? root).name,
    method: text(first, 'http.request.method', 'http.method'),
    route: text(first, 'http.route'),
    status,
    start: timeline.start,
    durationNs,
    spanCount: spans.reduce((count, span) => (span.source === null ? count : count + 1), 0),
    services: [...received.services.keys()],
    error: first.error || (root.error && !refused),
    inFlight: timeline.warnings.has('in_flight'),
    phases: durationNs === timeline.durationNs ? timeline.phases : without(timeline.phases, timeline.durationNs - durationNs),
    warnings: timeline.warnings,
    slowestMiddleware: slowestMiddleware(spans),
    received,
  }
}

/** Who waits for a stream to end, from the outside: the life of one is theirs on the timeline. */
const WAITING = ['proxy.respond', 'client.receive', 'gap', 'client', 'proxy', 'proxy.wait', 'client.ttfb'] as const

/** The phases less a stream's life, in ns. */
function without(phases: Summary['phases'], life: bigint): Summary['phases'] {
  const left = new Map(phases)
  let rest = life
  for (const phase of [...WAITING, ...phases.keys()]) {
    const has = left.get(phase) ?? 0n
    const part = has < rest ? has : rest
    rest -= part
    if (has === part) left.delete(phase)
    else left.set(phase, has - part)
  }
  return left
}

function attribute(span: TimelineSpan, names: readonly string[]): Value | undefined {
  for (const name of names) {
    const value = span.source?.attributes.get(name)
    if (value !== undefined) return value
  }
  return undefined
}

function text(span: TimelineSpan, ...names: string[]): string | null {
  const value = attribute(span, names)
  return typeof value === 'string' ? value : null
}

function number(span: TimelineSpan, ...names: string[]): number | null {
  const value = Number(attribute(span, names) ?? NaN)
  return Number.isInteger(value) ? value : null
}

function receivedOf(spans: readonly TimelineSpan[]): Received {
  const services = new Map<string, { spans: number; errors: number }>()
  let first: Span | undefined
  let last: Span | undefined
  let root: Span | undefined
  for (const { source } of spans) {
    if (source === null) continue
    const { service } = source.resource
    let own = services.get(service)
    if (own === undefined) services.set(service, (own = { spans: 0, errors: 0 }))
    own.spans++
    if (source.status === 'error') own.errors++
    if (first === undefined || source.start < first.start) first = source
    if (last === undefined || source.end > last.end) last = source
    if (source.parentSpanId === null && (root === undefined || source.start < root.start)) root = source
  }
  return {
    root: root === undefined ? null : { service: root.resource.service, name: root.name },
    start: first?.start ?? 0n,
    end: last?.end ?? 0n,
    services: new Map(sort([...services], ([one], [other]) => byText(one, other))),
  }
}

/** The middleware hook with the most self time; of two the first to start. */
function slowestMiddleware(spans: readonly TimelineSpan[]): Summary['slowestMiddleware'] {
  let slowest: TimelineSpan | undefined
  let most = -1n
  for (const span of spans) {
    if (span.phase === null || !span.phase.startsWith('middleware.')) continue
    const { selfNs } = span
    if (selfNs > most) [slowest, most] = [span, selfNs]
  }
  if (slowest === undefined) return null
  const name = text(slowest, OWN.middlewareName, 'express.name', 'koa.name', 'plugin.name') ?? slowest.name
  return { name, hook: text(slowest, OWN.middlewareHook) ?? slowest.phase ?? '', selfNs: most }
}
