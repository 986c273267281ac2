import type { Span } from '../../model/span.ts'
import type { Summary } from '../../model/summary.ts'
import type { Timeline, TimelineSpan } from '../../model/timeline.ts'
import { decodeSpans } from '../../otlp/decode.ts'
import type { Store } from '../../store/contract.ts'

/** A trace as Jaeger shows it: what was received, each span once. */
export interface ReceivedTrace {
  readonly traceId: string
  readonly spans: readonly Span[]
  /** What was found wrong with each of them, in their order; nothing if nothing was with any. */
  readonly warnings?: readonly (readonly string[])[]
}

/** What of a timeline was received. */
export function receivedOf({ traceId, spans }: Timeline): ReceivedTrace {
  const received = spans.filter((span): span is TimelineSpan & { source: Span } => span.source !== null)
  return { traceId, spans: received.map(({ source }) => source), warnings: received.map(({ warnings }) => warnings) }
}

/** A trace that the store has. Where nothing was found wrong with it, its spans are read and not stitched: that takes twice as long. */
async function found(store: Store, { traceId, warnings }: Summary): Promise<ReceivedTrace | undefined> {
  const otlp = warnings.size === 0 ? await store.otlp(traceId) : undefined
  const spans = otlp === undefined ? [] : decodeSpans(otlp)
  // A late copy may have come since.
  if (spans.length > 0 && new Set(spans.map(({ spanId }) => spanId)).size === spans.length) return { traceId, spans }
  const timeline = await store.timeline(traceId)
  return timeline && receivedOf(timeline)
}

/** @param traceId 32 hexadecimal digits */
export async function receivedTrace(store: Store, traceId: string): Promise<ReceivedTrace | undefined> {
  const { items } = await store.search({ text: traceId, limit: 1 })
  const summary = items.find((one) => one.traceId === traceId)
  return summary && found(store, summary)
}

/**
 * Those that were found by a search, one after the other.
 * @param onFault told of one that the store could not read: no reason to give nothing of the others
 */
export async function* receivedTraces(
  store: Store,
  items: readonly Summary[],
  onFault: (traceId: string) => unknown,
): AsyncGenerator<ReceivedTrace> {
  for (const summary of items) {
    const trace = await found(store, summary).catch(() => void onFault(summary.traceId))
    if (trace !== undefined) yield trace
  }
}
