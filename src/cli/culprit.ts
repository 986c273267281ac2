import type { SpanJson, TimelineJson } from '../query/wire/timeline.ts'

/** What a request waited for longest: a middleware with all its hooks, or all spans of one name in one service. */
export interface Culprit {
  readonly name: string
  /** How many spans of it were waited for. */
  readonly times: number
  /** Nanoseconds on the critical path. */
  readonly ns: bigint
  readonly middleware: boolean
}

/** Less than a fifth of the whole is nobody's fault in particular: as on the page. */
const LEAST = 5n

/** Whose fault it is; undefined where the time is spread over many. */
export function culpritOf({ spans, durationNs }: Pick<TimelineJson, 'spans' | 'durationNs'>): Culprit | undefined {
  const waited = spans.filter(({ criticalNs }) => criticalNs !== '0')
  const together = Map.groupBy(waited, (span) => `${span.service}\0${middlewareOf(span) ?? span.name}`)
  const all = [...together.values()].map((some): Culprit => {
    const [first] = some as [SpanJson]
    const middleware = middlewareOf(first)
    const ns = some.reduce((sum, { criticalNs }) => sum + BigInt(criticalNs), 0n)
    return { name: middleware ?? first.name, times: some.length, ns, middleware: middleware !== undefined }
  })
  const most = all.reduce<Culprit | undefined>((found, each) => (each.ns > (found?.ns ?? 0n) ? each : found), undefined)
  return most !== undefined && most.ns * LEAST >= BigInt(durationNs) ? most : undefined
}

function middlewareOf({ attributes }: SpanJson): string | undefined {
  const name = attributes['phaseline.middleware.name']
  return typeof name === 'string' ? name : undefined
}
