import { PhaselineError } from '../model/errors.ts'
import type { Span } from '../model/span.ts'
import type { Timeline } from '../model/timeline.ts'
import { distinct } from './distinct.ts'
import { arrange, timeUntimed } from './order.ts'
import { phaseOf } from './placement.ts'
import { markRepetitions } from './repetition.ts'
import { scaleOf } from './scale.ts'
import { measureSelf } from './self-time.ts'
import { correctClocks, type ClockKnowledge } from './skew.ts'
import { StitchedTimeline } from './timeline.ts'
import { plant } from './tree.ts'

/**
 * The spans of one trace as one timeline: a tree with one root, times on the root's clock, self times, and, worked out when
 * they are first asked for, the critical path, slack, drag and gaps. Pure; the order of the spans and exact copies among them
 * change nothing but the `duplicate` warnings. What each field means is said on `Timeline` and in the files of this room.
 * @param spans all of one trace, at least one
 * @param knowledge what other traces say of the hosts' clocks
 * @throws PhaselineError (`code` `empty_trace`) if there are none
 */
export function stitch(spans: readonly Span[], knowledge?: ClockKnowledge): Timeline {
  if (spans.length === 0) throw new PhaselineError('empty_trace', 'A timeline needs at least one span.')
  const scale = scaleOf(spans)
  const traceId = traceIdOf(spans)
  const tree = plant(traceId, distinct(spans, scale))
  const clocks = correctClocks(tree, Number(scale.unit), knowledge)
  timeUntimed(tree)
  const nodes = arrange(tree.root)
  for (const node of nodes) if (node.span !== null) node.phase = phaseOf(node.span)
  measureSelf(nodes)
  markRepetitions(nodes)
  return new StitchedTimeline(traceId, scale, nodes, clocks)
}

/** Some senders cut trace ids to 64 bits: the whole one is the greatest. */
function traceIdOf(spans: readonly Span[]): string {
  let traceId = ''
  for (const span of spans) if (span.traceId > traceId) ({ traceId } = span)
  return traceId
}
