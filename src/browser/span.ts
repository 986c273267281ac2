import type { PhaseId, SpanKind } from '../model/phases.ts'

/** What a browser says of one span; times are milliseconds since the page's `performance.timeOrigin`. */
export interface BrowserSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly name: string
  readonly kind: Extract<SpanKind, 'INTERNAL' | 'CLIENT'>
  readonly phase?: PhaseId | undefined
  readonly start: number
  readonly end: number
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly events?: readonly { readonly name: string; readonly at: number }[]
  /** The class of what went wrong: `error.type`. */
  readonly failure?: string | undefined
}

/** Lower-case hexadecimal of so many random bytes: 16 for a trace, 8 for a span. */
export function randomId(bytes: 8 | 16): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
