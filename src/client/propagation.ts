import { carried } from '../model/carried.ts'
import type { Phase } from '../model/observer.ts'

/** What the headers of a request say of the trace. */
export type Propagation = ReturnType<Phase['propagate']>

/** The headers to add, in W3C's names; none if there is no trace to tell of, or if nothing is to be carried. */
export function headersOf({ traceparent, tracestate, baggage }: Propagation): readonly (readonly [string, string])[] {
  if (traceparent === '') return []
  const headers: [string, string][] = []
  if (carried.tracecontext) {
    headers.push(['traceparent', traceparent])
    if (tracestate !== undefined && tracestate !== '') headers.push(['tracestate', tracestate])
  }
  if (carried.baggage && baggage !== undefined && baggage !== '') headers.push(['baggage', baggage])
  return headers
}
