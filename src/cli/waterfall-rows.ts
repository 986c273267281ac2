import type { SpanJson, TimelineJson } from '../query/wire/timeline.ts'

/** A line of the waterfall: one span, or several alike that followed each other. Times are nanoseconds. */
export interface Row {
  readonly span: SpanJson
  readonly parent: SpanJson | undefined
  /** How many spans the line stands for. */
  readonly count: number
  readonly start: bigint
  readonly end: bigint
  /** Of all of them. */
  readonly total: bigint
  readonly self: bigint
  readonly error: boolean
  /** What of its interval is not its own: its children, or what lies between several alike. */
  readonly others: readonly Interval[]
}

interface Interval {
  readonly start: bigint
  readonly end: bigint
}

/** So many siblings of one name in a row are worth one line: an N+1 query is one fact. */
const ALIKE = 4

/** The lines of a timeline, in its order. @param fold whether siblings alike are one line */
export function rows(timeline: TimelineJson, fold: boolean): Row[] {
  const children = Map.groupBy(timeline.spans, ({ parentSpanId }) => parentSpanId)
  const byId = new Map(timeline.spans.map((span) => [span.spanId, span]))
  const made: Row[] = []
  const stack = timeline.spans.filter(({ parentSpanId }) => parentSpanId === null).reverse()
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const below = children.get(span.spanId) ?? []
    const alike = fold && below.length === 0 ? run(span, stack, children) : 1
    const spans = [span, ...stack.splice(stack.length - alike + 1).reverse()]
    made.push(row(spans, byId.get(span.parentSpanId ?? ''), below))
    for (const child of below.toReversed()) stack.push(child)
  }
  return made
}

/** How many of the next siblings, this one with them, are leaves of the same name; 1 if too few. */
function run(first: SpanJson, stack: readonly SpanJson[], children: ReadonlyMap<string | null, SpanJson[]>): number {
  let count = 1
  for (let at = stack.length - 1; at >= 0; at--, count++) {
    const { name, service, parentSpanId, spanId } = stack[at] as SpanJson
    if (name !== first.name || service !== first.service || parentSpanId !== first.parentSpanId || children.has(spanId)) break
  }
  return count < ALIKE ? 1 : count
}

function row(spans: readonly SpanJson[], parent: SpanJson | undefined, children: readonly SpanJson[]): Row {
  const times = spans.map(({ start, end }) => ({ start: BigInt(start), end: BigInt(end) }))
  const { start } = times[0] as Interval
  return {
    span: spans[0] as SpanJson,
    parent,
    count: spans.length,
    start,
    end: times.reduce((last, { end }) => (end > last ? end : last), start),
    total: times.reduce((sum, each) => sum + each.end - each.start, 0n),
    self: spans.reduce((sum, { selfNs }) => sum + BigInt(selfNs), 0n),
    error: spans.some(({ error }) => error),
    others: [...between(times), ...children.map((child) => ({ start: BigInt(child.start), end: BigInt(child.end) }))],
  }
}

/** From the end of each to the start of the next. */
function between(times: readonly Interval[]): Interval[] {
  return times.slice(1).map(({ start }, index) => ({ start: (times[index] as Interval).end, end: start }))
}
