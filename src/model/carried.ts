/** Which of W3C's headers go along with what this process sends out, and are read of what comes in: `OTEL_PROPAGATORS`. */
export interface Carried {
  /** `traceparent` and `tracestate`. */
  readonly tracecontext: boolean
  readonly baggage: boolean
}

/** What is carried now. Read it at each use: it is a live binding. */
export let carried: Carried = { tracecontext: true, baggage: true }

/** From now on so. */
export function carry(next: Carried): void {
  carried = next
}
