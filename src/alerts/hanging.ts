import { idOf } from './alert.ts'
import type { Reading } from './evaluate.ts'
import type { OpenPhase } from './in-flight.ts'
import type { Subject } from './observation.ts'
import { matches, type Rule } from './rule.ts'

/** What a rule of the figure `in_flight_age` says of a subject. */
interface Hanging {
  /** Of its alert. */
  readonly id: string
  /** With an empty route where all routes count together. */
  readonly subject: Subject
  readonly reading: Reading
}

/** Pure: by subject, for how long the oldest has been running, and how many (`count`) have been for longer than the threshold. */
export function hanging(rule: Rule, phases: Iterable<OpenPhase>): Hanging[] {
  const groups = new Map<string, { subject: Subject; phases: OpenPhase[] }>()
  for (const phase of phases) {
    if (!matches(rule.where, { ...phase.subject })) continue
    const subject = rule.perRoute ? phase.subject : { ...phase.subject, route: '' }
    const id = idOf(rule, subject)
    const group = groups.get(id)
    if (group === undefined) groups.set(id, { subject, phases: [phase] })
    else group.phases.push(phase)
  }
  return [...groups].map(([id, group]) => ({ id, subject: group.subject, reading: readingOf(rule, group.phases) }))
}

function readingOf({ above = 0, minCount }: Rule, phases: readonly OpenPhase[]): Reading {
  const oldest = phases.reduce((one, other) => (other.ageMs > one.ageMs ? other : one))
  const count = phases.filter(({ ageMs }) => ageMs > above).length
  const { traceId, ageMs, seenAt } = oldest
  const slowest = { traceId, selfSeconds: ageMs / 1000, at: seenAt }
  return {
    value: ageMs,
    threshold: above,
    count,
    exceeded: ageMs > above && count >= minCount,
    exemplars: { slowest, typical: null },
  }
}
