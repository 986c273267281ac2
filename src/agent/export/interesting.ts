import type { AgentPhase } from '../phase.ts'
import type { TraceRecord } from '../record.ts'

/** In ms: what takes longer is interesting by itself. */
const SLOW = 1

/** What the parent says of those that were left out: `5 phases, 0.312 ms`. */
const OMITTED = 'phaseline.omitted'

/**
 * Leaves out the spans that say little: neither slow nor failed nor with anything inside, and unknown to anybody but us. How
 * many they were, and how long they took together, is an attribute of their parent.
 * @returns the first of those that stay
 */
export function interesting(record: TraceRecord, first: AgentPhase): AgentPhase {
  const parents = parentsIn(first)
  const omitted = new Map<AgentPhase, { count: number; ms: number }>()
  let last = first
  for (let phase = first.next; phase !== undefined;) {
    const { next, up }: AgentPhase = phase
    if (up?.record === record && up !== phase && !parents.has(phase) && dull(phase)) {
      const sum = omitted.get(up) ?? { count: 0, ms: 0 }
      omitted.set(up, { count: sum.count + 1, ms: sum.ms + phase.ended - phase.started })
      phase.next = undefined
    } else {
      last.next = phase
      last = phase
    }
    phase = next
  }
  last.next = undefined
  for (const [up, sum] of omitted) say(up, sum)
  return first
}

function parentsIn(first: AgentPhase): ReadonlySet<AgentPhase> {
  const parents = new Set<AgentPhase>()
  for (let phase: AgentPhase | undefined = first; phase !== undefined; phase = phase.next) {
    if (phase.up !== undefined) parents.add(phase.up)
  }
  return parents
}

/** What may be known elsewhere stays: a call to another process names its span there, and so may whoever asked for the active span. */
function dull({ label, started, ended, status, extra, span, scope }: AgentPhase): boolean {
  if (label.phase === null || label.phase.id === 'client' || label.phase.id === 'gateway') return false
  return ended - started < SLOW && status !== 2 && extra === undefined && span === undefined && scope === undefined
}

function say(up: AgentPhase, { count, ms }: { count: number; ms: number }): void {
  ;(up.attributes ??= []).push(OMITTED, `${count} ${count === 1 ? 'phase' : 'phases'}, ${ms.toFixed(3)} ms`)
}
