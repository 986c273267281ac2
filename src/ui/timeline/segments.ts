import type { Trace } from './trace.ts'

/** A piece of time: start and end, nanoseconds from the timeline's start. */
export type Segment = readonly [start: number, end: number]

type Times = Pick<Trace, 'start' | 'duration' | 'after'>

/**
 * The span's own time: its duration less what its children cover. Children are in order of start, so one pass is enough.
 * @param each called with each piece, in order; pieces of no length are left out
 */
export function ownSegments(trace: Times, span: number, each: (start: number, end: number) => void): void {
  const begin = trace.start[span] as number
  const end = begin + (trace.duration[span] as number)
  const behind = trace.after[span] as number
  let reached = begin
  for (let child = span + 1; child < behind && reached < end; child = trace.after[child] as number) {
    const from = trace.start[child] as number
    if (from > reached) each(reached, Math.min(from, end))
    reached = Math.max(reached, from + (trace.duration[child] as number))
  }
  if (reached < end) each(reached, end)
}

/** The pieces of each span, from triplets of differences as `OutlineJson` has them: the gaps, the critical path. */
export function segmentsBySpan(triplets: readonly number[]): ReadonlyMap<number, readonly Segment[]> {
  const found = new Map<number, Segment[]>()
  let [span, reached] = [0, 0]
  for (let at = 0; at + 2 < triplets.length; at += 3) {
    span += triplets[at] as number
    const start = reached + (triplets[at + 1] as number)
    reached = start + (triplets[at + 2] as number)
    const list = found.get(span)
    if (list === undefined) found.set(span, [[start, reached]])
    else list.push([start, reached])
  }
  return found
}
