import { OWN } from '../model/attributes.ts'
import type { Span } from '../model/span.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import { decodeSpans } from '../otlp/decode.ts'

/**
 * Spans of a timeline that have just come, with their corrected times: start, end and events are moved by what their machine's clock
 * was off, which an attribute says (ns), so that the times that were sent can be had back.
 * @param fresh the ones that have come, as an ExportTraceServiceRequest in protobuf
 */
export function correctedSpans(timeline: Timeline, fresh: Uint8Array): Span[] {
  const wanted = new Set(decodeSpans(fresh).map(({ spanId }) => spanId))
  return timeline.spans.filter(({ spanId }) => wanted.has(spanId)).flatMap((span) => corrected(span) ?? [])
}

/** @returns undefined for a span that stitching made up */
function corrected({ source, start, end, rawStart }: TimelineSpan): Span | undefined {
  const shift = start - rawStart
  if (source === null || shift === 0n) return source ?? undefined
  return {
    ...source,
    start,
    end,
    events: source.events.map((event) => ({ ...event, time: event.time + shift })),
    attributes: new Map(source.attributes).set(OWN.clockShift, shift),
  }
}
