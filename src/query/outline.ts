import type { Figures, Timeline, TimelineSpan, Warning } from '../model/timeline.ts'
import { laneOf } from './lane.ts'
import { clocksJson } from './timeline-json.ts'
import type { SummaryJson } from './wire/list.ts'
import type { LaneJson, OutlineJson } from './wire/outline.ts'

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

/** The hosts whose times were moved. */
function movedHosts(timeline: Timeline): ReadonlySet<string> {
  return new Set(timeline.clocks.filter(({ offsetNs }) => offsetNs !== 0n).map(({ host }) => host))
}

/** Warnings of a span whose times are not as they were sent, whatever its host. */
const MENDED: readonly Warning[] = ['clock_skew', 'end_before_start', 'zero_start']

function flags(span: TimelineSpan, warnings: readonly Warning[], moved: ReadonlySet<string>): number {
  return (
    (span.error ? 1 : 0) |
    (span.source === null ? 2 : 0) |
    (warnings.includes('in_flight') ? 4 : 0) |
    ((moved.size > 0 && moved.has(span.host)) || MENDED.some((warning) => warnings.includes(warning)) ? 8 : 0)
  )
}

/** For each span the one above it: by depth, not by id, as ids may be shared and the order is depth first. */
function parents(spans: readonly TimelineSpan[]): number[] {
  const open: number[] = []
  return spans.map(({ depth }, index) => {
    open.length = Math.min(open.length, depth)
    const parent = open.at(-1) ?? -1
    open.push(index)
    return parent
  })
}

/** The columns; a timeline works out what a span's fields are when they are read, so each is read once. */
function columns(timeline: Timeline, figures: Figures, strings: Numbers<string>, lanes: Numbers<LaneJson>): OutlineJson['spans'] {
  const { spans } = timeline
  const moved = movedHosts(timeline)
  return {
    ids: spans.map(({ spanId }) => spanId).join(''),
    parent: parents(spans),
    name: spans.map(({ name }) => strings.of(name)),
    service: spans.map(({ service }) => strings.of(service)),
    lane: spans.map((span) => lanes.of(laneOf(span))),
    phase: spans.map(({ phase }) => strings.of(phase)),
    middleware: spans.map((span) => strings.of(middlewareOf(span))),
    start: Array.from(figures.start),
    duration: Array.from(figures.duration),
    self: Array.from(figures.self),
    flags: spans.map((span) => flags(span, span.warnings, moved)),
  }
}

/** The indexes of the spans whose times were moved by the same: all of a host's, mostly. */
function sent(spans: readonly TimelineSpan[]): OutlineJson['sent'] {
  const byMove = new Map<string, OutlineJson['sent'][number]>()
  spans.forEach(({ start, end, rawStart, rawEnd, source }, index) => {
    if (source === null || (rawStart === start && rawEnd === end)) return
    const [later, longer] = [Number(rawStart - start), Number(rawEnd - rawStart - (end - start))]
    const key = `${later} ${longer}`
    const known = byMove.get(key)
    if (known === undefined) byMove.set(key, [later, longer, [index]])
    else known[2].push(index)
  })
  return [...byMove.values()]
}

/** The indexes of the spans that carry the same warnings: an N+1 is a warning of thousands. */
function warned(spans: readonly TimelineSpan[]): OutlineJson['warned'] {
  const byWarnings = new Map<string, [string[], number[]]>()
  spans.forEach(({ warnings }, index) => {
    if (warnings.length === 0) return
    const key = warnings.join()
    const known = byWarnings.get(key)
    if (known === undefined) byWarnings.set(key, [[...warnings], [index]])
    else known[1].push(index)
  })
  return [...byWarnings.values()]
}

/** Triplets of (span, start, end) as what each adds to the one before, see `OutlineJson`. */
function differences(triplets: readonly number[]): number[] {
  const all: number[] = []
  let [formerSpan, formerEnd] = [0, 0]
  for (let at = 0; at + 2 < triplets.length; at += 3) {
    const [span, start, end] = [triplets[at], triplets[at + 1], triplets[at + 2]] as [number, number, number]
    all.push(span - formerSpan, start - formerEnd, end - start)
    formerSpan = span
    formerEnd = end
  }
  return all
}

/**
 * A timeline for drawing.
 * @param summary its line in the list: what it has, such as the breakdown and the version, is not worked out again
 */
export function outlineJson(timeline: Timeline, summary: SummaryJson, jaegerUrl?: string): OutlineJson {
  const strings = new Numbers<string>((text) => text)
  const lanes = new Numbers<LaneJson>((lane) => `${lane.kind} ${lane.name}`)
  const { figures } = timeline
  return {
    traceId: timeline.traceId,
    version: summary.version,
    summary,
    start: String(timeline.start),
    durationNs: String(timeline.durationNs),
    spans: columns(timeline, figures, strings, lanes),
    strings: strings.values,
    lanes: lanes.values,
    sent: sent(timeline.spans),
    warned: warned(timeline.spans),
    criticalPath: differences(figures.criticalPath),
    gaps: differences(figures.gaps),
    clocks: clocksJson(timeline),
    phases: summary.phases,
    warnings: summary.warnings,
    ...(jaegerUrl === undefined ? {} : { jaegerUrl }),
  }
}
