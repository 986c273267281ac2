import { OWN } from '../model/attributes.ts'
import type { BrowserSpan } from './span.ts'

/** An ExportTraceServiceRequest as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
export function otlpJson(resource: Readonly<Record<string, string>>, spans: readonly BrowserSpan[]): string {
  const scope = { name: 'phaseline' }
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans: spans.map(spanJson) }] }],
  })
}

/** OTLP's numbers of them. */
const KINDS = { INTERNAL: 1, CLIENT: 3 }

function spanJson({ name, kind, phase, start, end, attributes, events, failure, ...ids }: BrowserSpan): object {
  const own = { ...(phase && { [OWN.phase]: phase }), ...attributes, ...(failure && { 'error.type': failure }) }
  return {
    ...ids,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: unixNano(start),
    endTimeUnixNano: unixNano(end),
    attributes: keyValues(own),
    ...(events && { events: events.map(({ at, ...event }) => ({ ...event, timeUnixNano: unixNano(at) })) }),
    ...(failure && { status: { code: 2 } }),
  }
}

function keyValues(attributes: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}

/** Browsers round to 5 µs at best. */
function unixNano(at: number): string {
  return `${Math.round((performance.timeOrigin + at) * 1_000)}000`
}
