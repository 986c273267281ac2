import type { Timeline, TimelineSpan } from '../model/timeline.ts'
import { laneOf } from './lane.ts'
import { clocksJson, phasesJson } from './timeline-json.ts'
import type { LaneJson, OutlineJson, SummaryJson } from './wire.ts'

/** Gives each thing a number, by its key: every text crosses the wire once. */
class Numbers<T> {
  readonly values: T[] = []
  readonly #known = new Map<string, number>()
  readonly #keyOf: (value: T) => string

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf
  }

  of(value: T | null): number {
    if (value === null) return -1
    const key = this.#keyOf(value)
    let number = this.#known.get(key)
    if (number === undefined) this.#known.set(key, (number = this.values.push(value) - 1))
    return number
  }
}

/** The middleware whose hook a span is, the same for all of its hooks: its name and its place in the chain. */
function middlewareOf({ source }: TimelineSpan): string | null {
  const name = source?.attributes.get('phaseline.middleware.name')
  if (typeof name !== 'string') return null
  const index = source?.attributes.get('phaseline.middleware.index')
  return typeof index === 'number' ? `${name} #${index}` : name
}

function flags(span: TimelineSpan, start: bigint, end: bigint): number {
  return (
    (span.error ? 1 : 0) |
    (span.source === null ? 2 : 0) |
    (span.warnings.includes('in_flight') ? 4 : 0) |
    (start !== span.rawStart || end !== span.rawEnd ? 8 : 0)
  )
}

const emptyColumns = (): OutlineJson['spans'] => ({
  id: [],
  parent: [],
  name: [],
  service: [],
  lane: [],
  phase: [],
  middleware: [],
  start: [],
  duration: [],
  self: [],
  flags: [],
})

/** The columns, in one pass: a timeline works out what a span's fields are when they are read. */
function columns(timeline: Timeline, strings: Numbers<string>, lanes: Numbers<LaneJson>): OutlineJson['spans'] {
  const all = emptyColumns()
  const zero = timeline.start
  const open: number[] = []
  timeline.spans.forEach((span, index) => {
    const { start, end, depth } = span
    all.id.push(span.spanId)
    // By depth, not by id: ids may be shared, and the order is depth first.
    open.length = Math.min(open.length, depth)
    all.parent.push(open.at(-1) ?? -1)
    open.push(index)
    all.name.push(strings.of(span.name))
    all.service.push(strings.of(span.service))
    all.lane.push(lanes.of(laneOf(span)))
    all.phase.push(strings.of(span.phase))
    all.middleware.push(strings.of(middlewareOf(span)))
    all.start.push(Number(start - zero))
    all.duration.push(Number(end - start))
    all.self.push(Number(span.selfNs))
    all.flags.push(flags(span, start, end))
  })
  return all
}

/** Finds the index of a span by its id and a time inside it: ids may be shared. Loops, as there may be 100,000. */
function finder({ spans }: Timeline): (id: string, start: bigint, end: bigint) => number {
  const first = new Map<string, number>()
  const later = new Map<string, number[]>()
  spans.forEach(({ spanId }, index) => {
    if (!first.has(spanId)) first.set(spanId, index)
    else if (!later.get(spanId)?.push(index)) later.set(spanId, [index])
  })
  return (id, start, end) => {
    const index = first.get(id) ?? -1
    const others = later.get(id)
    if (others === undefined) return index
    const holds = (at: number): boolean => (spans[at] as TimelineSpan).start <= start && end <= (spans[at] as TimelineSpan).end
    return holds(index) ? index : (others.find(holds) ?? index)
  }
}

/** (index of span, start, end) for each interval of a span. */
function triplets(
  timeline: Timeline,
  intervals: readonly { spanId: string; start: bigint; end: bigint }[],
  find: ReturnType<typeof finder>,
): number[] {
  const found: number[] = []
  for (const { spanId, start, end } of intervals) {
    const index = find(spanId, start, end)
    if (index >= 0) found.push(index, Number(start - timeline.start), Number(end - timeline.start))
  }
  return found
}

/** A timeline for drawing. @param summary its line in the list */
export function outlineJson(timeline: Timeline, summary: SummaryJson, jaegerUrl?: string): OutlineJson {
  const strings = new Numbers<string>((text) => text)
  const lanes = new Numbers<LaneJson>((lane) => `${lane.kind} ${lane.name}`)
  const find = finder(timeline)
  return {
    traceId: timeline.traceId,
    version: timeline.version,
    summary,
    start: String(timeline.start),
    durationNs: String(timeline.durationNs),
    spans: columns(timeline, strings, lanes),
    strings: strings.values,
    lanes: lanes.values,
    warned: timeline.spans.flatMap((span, index): [number, string[]][] =>
      span.warnings.length === 0 ? [] : [[index, [...span.warnings]]],
    ),
    criticalPath: triplets(timeline, timeline.criticalPath, find),
    gaps: triplets(
      timeline,
      timeline.gaps.map(({ parentSpanId: spanId, start, end }) => ({ spanId, start, end })),
      find,
    ),
    clocks: clocksJson(timeline),
    phases: phasesJson(timeline.phases),
    warnings: Object.fromEntries(timeline.warnings),
    ...(jaegerUrl === undefined ? {} : { jaegerUrl }),
  }
}
