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
  return (remote, trace0, trace1, trace2, trace3) =>
    remote === undefined ? root(remote, trace0, trace1, trace2, trace3) : remote.sampled
}
