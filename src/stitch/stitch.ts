import { PhaselineError } from '../model/errors.ts'
import type { Span } from '../model/span.ts'
import { atOnce } from '../model/steps.ts'
import type { Timeline } from '../model/timeline.ts'
import { timekeeper } from './answered.ts'
import { distinct } from './distinct.ts'
import { agree, type ClockBound, type Evidence } from './evidence.ts'
import { arrange, timeUntimed } from './order.ts'
import { shortened } from './jumps.ts'
import { isKept } from './kept.ts'
import { phaseOf } from './placement.ts'
import { markRepetitions } from './repetition.ts'
import { coarse, nanosOf, scaleOf, type Scale } from './scale.ts'
import { measureSelf } from './self-time.ts'
import { correctClocks, type ClockKnowledge, type Known } from './skew.ts'
import { FEW, parts, STEP } from './steps.ts'
import { StitchedTimeline } from './timeline.ts'
import { plant, type Tree } from './tree.ts'

/** A timeline, and what it has to do with other traces: their clocks. Offsets are ns. */
export interface Stitched {
  readonly timeline: Timeline
  /** When it began by the root's clock, ms since the epoch. */
  readonly at: number
  /** What the trace says of its hosts' clocks by calls that bound them on both sides; nothing where they contradict each other. */
  readonly observed: readonly ClockBound[]
  /** What of the knowledge moved something: with just this, the same spans give the same timeline. */
  readonly used: readonly ClockBound[]
}

/**
 * The spans of one trace as one timeline: a tree with one root, times on the root's clock, self times, and, worked out when
 * they are first asked for, the critical path, slack, drag and gaps. Pure; the order of the spans and exact copies among them
 * change nothing but the `duplicate` warnings. What each field means is said on `Timeline` and in the files of this room.
 * @param spans all of one trace, at least one
 * @param knowledge what other traces say of the hosts' clocks
 * @throws PhaselineError (`code` `empty_trace`) if there are none
 */
export function stitch(spans: readonly Span[], knowledge?: ClockKnowledge): Timeline {
  return stitchAmong(spans, knowledge).timeline
}

/** The same, for who learns from each trace what helps with the next. */
export function stitchAmong(spans: readonly Span[], knowledge?: ClockKnowledge): Stitched {
  return atOnce(stitching(spans, knowledge))
}

/**
 * The same in steps, for who has other things to do meanwhile: of 100,000 spans each takes some 20 ms, at most 50. Of a large trace the
 * version and the phases, which who stores it asks for, are worked out in steps, too.
 */
export function* stitching(
  spans: readonly Span[],
  knowledge?: ClockKnowledge,
  scale: Scale = scaleOf(spans),
): Generator<void, Stitched> {
  if (spans.length === 0) throw new PhaselineError('empty_trace', 'A timeline needs at least one span.')
  const inSteps = spans.length > FEW
  const traceId = traceIdOf(spans)
  if (inSteps) yield
  const once = yield* distinct(spans, scale)
  if (inSteps) yield
  const tree = yield* plant(traceId, once)
  if (inSteps) yield
  const at = beginOf(tree, scale)
  const { corrections, evidence, used } = correctClocks(tree, knownTo(knowledge, at, traceId, scale))
  if (scale.jumps.length > 0 && !isKept(tree.nodes, corrections, scale)) return yield* stitching(spans, knowledge, coarse(scale))
  if (inSteps) yield
  timeUntimed(tree)
  if (inSteps) yield
  const nodes = yield* arrange(tree.root)
  for (const some of parts(nodes)) {
    for (const node of some) if (node.span !== null) node.phase = phaseOf(node.span)
    if (inSteps) yield
  }
  measureSelf(nodes)
  if (inSteps) yield
  yield* markRepetitions(nodes)
  const timeline = new StitchedTimeline(traceId, scale, nodes, corrections)
  if (nodes.length > STEP) yield* timeline.ahead()
  return { timeline, at, observed: observedIn(evidence, scale), used: used.map((bound) => inNanos(bound, scale)) }
}

/** The root's time as it was sent; of a made-up one that of the trace's last span to start. */
function beginOf({ root }: Tree, { base }: Scale): number {
  return Number((timekeeper(root).span?.start || base) / 1_000_000n)
}

function knownTo(knowledge: ClockKnowledge | undefined, at: number, traceId: string, { unit, jumps }: Scale): Known {
  const by = Number(unit)
  return (from, to) => {
    const bound = knowledge?.bound(from, to, at, traceId)
    if (bound === undefined) return undefined
    if (jumps.length === 0) return { low: Math.floor(bound.low / by), high: Math.ceil(bound.high / by) }
    const low = shortened(bound.low, jumps)
    const high = shortened(bound.high, jumps)
    return low === undefined || high === undefined ? undefined : { low, high }
  }
}

function observedIn(evidence: Evidence, scale: Scale): ClockBound[] {
  const observed: ClockBound[] = []
  const seen = new Set<string>()
  for (const [from, row] of evidence) {
    seen.add(from)
    for (const [to, bounds] of row) {
      if (seen.has(to)) continue
      const { low, high, conflict } = agree(bounds)
      if (!conflict && Number.isFinite(low)) observed.push(inNanos({ from, to, low, high }, scale))
    }
  }
  return observed
}

function inNanos({ from, to, low, high }: ClockBound, scale: Scale): ClockBound {
  return { from, to, low: nanosOf(low, scale), high: nanosOf(high, scale) }
}

/** Some senders cut trace ids to 64 bits: the whole one is the greatest. */
function traceIdOf(spans: readonly Span[]): string {
  let traceId = ''
  for (const span of spans) if (span.traceId > traceId) ({ traceId } = span)
  return traceId
}
