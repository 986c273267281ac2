import type { Timeline } from '../model/timeline.ts'

/** A trace in short, as Jaeger's list of results wants it since May 2026: https://github.com/jaegertracing/jaeger/pull/8604 */
interface TraceSummary {
  traceId: string
  rootServiceName: string
  rootOperationName: string
  minStartTimeUnixNano: string
  maxEndTimeUnixNano: string
  spanCount: number
  errorSpanCount: number
  orphanSpanCount: number
  services: ServiceSummary[]
}

interface ServiceSummary {
  name: string
  spanCount: number
  errorSpanCount: number
}

/** Counts and times of the spans as they were received; the root is the one without a parent, of several the first. */
export function traceSummary({ traceId, spans, warnings }: Timeline): TraceSummary {
  const received = spans.filter(({ source }) => source !== null)
  const root = received
    .filter((span) => span.recordedParentSpanId === null)
    .toSorted((a, b) => (a.rawStart < b.rawStart ? -1 : 1))[0]
  const services = Map.groupBy(received, ({ service }) => service)
  const failed = (some: typeof received): number => some.filter(({ error }) => error).length
  const first = received.reduce((least, { rawStart }) => (rawStart < least ? rawStart : least), received[0]?.rawStart ?? 0n)
  const last = received.reduce((most, { rawEnd }) => (rawEnd > most ? rawEnd : most), 0n)
  return {
    traceId,
    rootServiceName: root?.service ?? '',
    rootOperationName: root?.name ?? '',
    minStartTimeUnixNano: String(first),
    maxEndTimeUnixNano: String(last),
    spanCount: received.length,
    errorSpanCount: failed(received),
    orphanSpanCount: warnings.get('orphan') ?? 0,
    services: [...services]
      .map(([name, own]) => ({ name, spanCount: own.length, errorSpanCount: failed(own) }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  }
}
