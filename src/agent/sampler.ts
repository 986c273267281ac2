import { ROOT_CONTEXT, SpanKind, trace, type Attributes, type Context, type Link } from '@opentelemetry/api'
import { hex32 } from '../model/ids.ts'
import type { Label } from '../model/label.ts'
import type { RemoteParent } from '../model/traceparent.ts'

/**
 * Whether a request is recorded. The trace id comes as its four words.
 * @param remote where the request came from, if from somewhere
 */
export type Sampler = (
  remote: RemoteParent | undefined,
  trace0: number,
  trace1: number,
  trace2: number,
  trace3: number,
  label: Label,
) => boolean

export const alwaysOn: Sampler = () => true
export const alwaysOff: Sampler = () => false

/** The share of traces given, 0 to 1, decided by the trace id as OpenTelemetry's SDK for JavaScript does: by the XOR of its words. */
export function traceIdRatio(ratio: number): Sampler {
  const bound = Math.floor(ratio * 0xffffffff)
  return ratio >= 1 ? alwaysOn : (_remote, trace0, trace1, trace2, trace3) => (trace0 ^ trace1 ^ trace2 ^ trace3) >>> 0 < bound
}

/** As the caller decided; without a caller, as `root` says. */
export function parentBased(root: Sampler): Sampler {
  return (remote, trace0, trace1, trace2, trace3, label) =>
    remote === undefined ? root(remote, trace0, trace1, trace2, trace3, label) : remote.sampled
}

/** A sampler of OpenTelemetry's SDK. */
export interface ApiSampler {
  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): { readonly decision: number }
}

/** `RECORD_AND_SAMPLED` of the API. */
const SAMPLED = 2

/** The app's own sampler; it is asked when a request begins, and knows of it what the label says. */
export function fromApiSampler(sampler: ApiSampler): Sampler {
  return (remote, trace0, trace1, trace2, trace3, { name, spanKind, attributes }) => {
    const traceId = remote?.traceId ?? hex32(trace0) + hex32(trace1) + hex32(trace2) + hex32(trace3)
    const parent =
      remote === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            ...remote,
            traceState: undefined,
            traceFlags: remote.sampled ? 1 : 0,
            isRemote: true,
          } as never)
    return sampler.shouldSample(parent, traceId, name, SpanKind[spanKind], attributes, []).decision === SAMPLED
  }
}
