import { parseTraceparent, type RemoteParent } from '../model/traceparent.ts'
import { ANSWERED_BY } from './names.ts'
import { spansOf } from './request.ts'
import { randomId, type BrowserSpan } from './span.ts'

/** The span of the server that answered with this page, which it names in its answer: `Server-Timing: traceparent;desc="00-…"`. */
export function answeredBy(navigation: PerformanceNavigationTiming | undefined): RemoteParent | undefined {
  return parseTraceparent(navigation?.serverTiming?.find(({ name }) => name === 'traceparent')?.description)
}

/** Not from a cache, whose answer is to somebody else's request. Of a page that is still coming Firefox does not know. */
export function isFresh({ type, transferSize }: PerformanceNavigationTiming): boolean {
  return type !== 'back_forward' && transferSize > 0
}

/** Moments of a page after its answer: event names of OpenTelemetry's document-load instrumentation. */
const MOMENTS = ['domInteractive', 'domContentLoadedEventEnd', 'domComplete', 'loadEventEnd'] as const

/**
 * The spans of the request for this page. The browser sends no `traceparent` with it, so the server began the trace: the whole is
 * a span without a parent that says which one answered it, and whoever stitches hangs that one's uppermost parent under it.
 */
export function visitOf(navigation: PerformanceNavigationTiming, { traceId, spanId }: RemoteParent): BrowserSpan[] {
  const { name: url, startTime, responseStatus } = navigation
  const responseEnd = endOf(navigation)
  const moments = MOMENTS.map((name) => ({ name, at: navigation[name] }))
  const paints = performance.getEntriesByType('paint').map((paint) => ({ name: camel(paint.name), at: paint.startTime }))
  const whole = { traceId, spanId: randomId(8), method: 'GET', url, start: startTime, end: responseEnd }
  const events = [...moments, ...paints].filter(({ at }) => at > 0)
  return spansOf(
    { ...whole, status: responseStatus, attributes: { [ANSWERED_BY]: spanId }, events },
    { ...navigation.toJSON(), responseEnd },
  )
}

/** Firefox takes the head's end for that of the whole, but in its old table. */
function endOf({ responseStart, responseEnd }: PerformanceNavigationTiming): number {
  // oxlint-disable-next-line typescript/no-deprecated
  const { responseEnd: end, navigationStart } = performance.timing
  return responseEnd > responseStart ? responseEnd : Math.max(responseEnd, end - navigationStart)
}

/** `first-contentful-paint` → `firstContentfulPaint`. */
function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
