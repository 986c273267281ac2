import { PHASE } from './names.ts'
import type { BrowserSpan } from './span.ts'

/**
 * An ExportTraceServiceRequest as JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @param spans each as `spanJson` gives it
 */
export function otlpJson(resource: Readonly<Record<string, string>>, spans: readonly string[]): string {
  const attributes = JSON.stringify(keyValues(resource))
  return `{"resourceSpans":[{"resource":{"attributes":${attributes}},"scopeSpans":[{"scope":{"name":"phaseline"},"spans":[${spans.join()}]}]}]}`
}

const TYPES = { string: 'stringValue', number: 'intValue', boolean: 'boolValue' }
/** OTLP's numbers of them. */
const KINDS = { INTERNAL: 1, CLIENT: 3 }

/** @param origin what its times count from, ms since 1970 */
export function spanJson(
  { name, kind, phase, start, end, attributes, events, failure, ...ids }: BrowserSpan,
  origin: number,
): string {
  // Browsers round to 5 µs at best.
  const unixNano = (at: number): string => `${Math.round((origin + at) * 1_000)}000`
  const own = { ...(phase && { [PHASE]: phase }), ...attributes, ...(failure && { 'error.type': failure }) }
  return JSON.stringify({
    ...ids,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: unixNano(start),
    endTimeUnixNano: unixNano(end),
    attributes: keyValues(own),
    ...(events && { events: events.map(({ at, ...event }) => ({ ...event, timeUnixNano: unixNano(at) })) }),
    ...(failure && { status: { code: 2 } }),
  })
}

function keyValues(attributes: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { [TYPES[typeof value as 'string']]: value } }))
}
