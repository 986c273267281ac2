/** The W3C `traceparent` header (https://www.w3.org/TR/trace-context-2/): parsed to a value or to nothing, never an error. */

/** A span somewhere else that a request comes from. */
export interface RemoteParent {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string
  readonly sampled: boolean
  /** The `tracestate` that came with it, as it is. */
  readonly traceState?: string | undefined
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/**
 * @param header what came in; a repeated header (an array) is no valid one
 * @returns the parent, or undefined for anything that the recommendation calls invalid
 */
export function parseTraceparent(header: unknown, traceState?: string): RemoteParent | undefined {
  if (typeof header !== 'string' || header.length < 55) return undefined
  const match = FORM.exec(header)
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, rest] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string | undefined,
  ]
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1, traceState }
}

/** The header for a request that this span makes. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}
