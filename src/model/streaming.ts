import type { Span } from './span.ts'
import type { Timeline, TimelineSpan } from './timeline.ts'

/** What a stream's life says of itself: what kind of stream it is (`events`, `websocket`, …). */
export const STREAM_ATTRIBUTE = 'phaseline.stream'

/** Whether a span is the life of a stream: the request that it came from does not wait for it. */
export function isStreamLife({ name, attributes }: Pick<Span, 'name' | 'attributes'>): boolean {
  return name === 'stream' && attributes.has(STREAM_ATTRIBUTE)
}

/** Where the latency of a request ends that became a stream (server-sent events, a WebSocket). */
export interface StreamBeginning {
  /** When the stream's first byte left the server, ns since the epoch. */
  readonly at: bigint
  /** Of the server's span: what is as deep or less is around the stream or beside what is. */
  readonly depth: number
}

/**
 * The stream that the calls and proxies around it wait for, to its end; undefined where there is none, and where it is part of
 * something else: a job that listens for a while and goes on took all that time.
 */
export function streamAround({ spans }: Timeline): StreamBeginning | undefined {
  /** By depth: whether the span there and all above it are calls or proxies. */
  const waiting: boolean[] = []
  for (const span of spans) {
    const { depth, source, phase } = span
    waiting[depth] = (phase === 'client' || phase === 'proxy') && (depth === 0 || waiting[depth - 1] === true)
    if (depth >= 2 && waiting[depth - 2] === true && source !== null && isStreamLife(source))
      return { at: span.start, depth: depth - 1 }
  }
  return undefined
}

/** What of a span's duration, in ns, is latency: all, but of a call or a proxy around a stream only what was before it. */
export function latencyNs({ start, end, depth, phase }: TimelineSpan, stream: StreamBeginning | undefined): bigint {
  if (stream === undefined || depth > stream.depth || end <= stream.at || !isOutside(phase)) return end - start
  return stream.at > start ? stream.at - start : 0n
}

/** The same in seconds. */
export function latencySeconds(span: TimelineSpan, stream: StreamBeginning | undefined): number {
  return stream === undefined ? span.seconds : Number(latencyNs(span, stream)) / 1e9
}

const isOutside = (phase: TimelineSpan['phase']): boolean => phase !== null && /^(?:client|proxy)\b/.test(phase)
