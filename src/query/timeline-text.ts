import type { Timeline } from '../model/timeline.ts'
import { clocksJson, phasesJson, spanJson } from './timeline-json.ts'

/** Of so many spans, or parts of the path, a piece of text is. */
const TOGETHER = 1_000

/**
 * A timeline in the form of `wire/timeline.ts`, as text, a piece at a time: what is said of 1,000,000 spans is longer than a string may be,
 * and as objects it is five times as large.
 */
export function* timelineText(timeline: Timeline): Generator<string> {
  const { traceId, version, root, start, end, durationNs } = timeline
  const head = { traceId, version, root, start: String(start), end: String(end), durationNs: String(durationNs) }
  yield JSON.stringify(head).slice(0, -1)
  yield* list('spans', timeline.spans, spanJson)
  yield* list('criticalPath', timeline.criticalPath, (part) => ({ ...part, start: String(part.start), end: String(part.end) }))
  yield* list('gaps', timeline.gaps, (gap) => ({ ...gap, start: String(gap.start), end: String(gap.end) }))
  const warnings = Object.fromEntries(timeline.warnings)
  yield `,${JSON.stringify({ clocks: clocksJson(timeline), phases: phasesJson(timeline.phases), warnings }).slice(1)}`
}

function* list<Item>(name: string, items: readonly Item[], json: (item: Item) => unknown): Generator<string> {
  yield `,"${name}":[`
  for (let at = 0; at < items.length; at += TOGETHER) {
    const some = JSON.stringify(items.slice(at, at + TOGETHER).map(json))
    yield `${at === 0 ? '' : ','}${some.slice(1, -1)}`
  }
  yield ']'
}
