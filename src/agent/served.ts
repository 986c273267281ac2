import { createContextKey, type Context, type Span } from '@opentelemetry/api'
import type { RemoteParent } from '../model/traceparent.ts'
import { trouble } from './trouble.ts'

/** Where instrumentations of HTTP servers, OpenTelemetry's and Sentry's, leave the span that they have made of a request. */
const RPC_METADATA: symbol = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')

/**
 * The span of somebody else who has just taken the request that is to be recorded: ours is part of it, or there would be two traces of one
 * request. Undefined if there is none, or if it is over: servers that listen since an earlier request inherit its context.
 */
export function servedBy(store: Context): RemoteParent | undefined {
  try {
    const metadata = store.getValue(RPC_METADATA) as { span?: Span } | undefined
    if (metadata?.span === undefined) return undefined
    const { traceId, spanId, traceFlags, traceState } = metadata.span.spanContext()
    const sampled = (traceFlags & 1) === 1
    if (sampled && !metadata.span.isRecording()) return undefined
    return { traceId, spanId, sampled, traceState: traceState?.serialize() }
  } catch (error) {
    trouble('the span of another instrumentation', error)
    return undefined
  }
}
