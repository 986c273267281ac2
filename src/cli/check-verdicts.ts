import { SeriesBook } from '../alerts/book.ts'
import { evaluate, type Reading } from '../alerts/evaluate.ts'
import { Groups } from '../alerts/groups.ts'
import { hanging } from '../alerts/hanging.ts'
import { InFlight } from '../alerts/in-flight.ts'
import { learn } from '../alerts/learn.ts'
import type { Subject } from '../alerts/observation.ts'
import type { Rule } from '../alerts/rule.ts'
import { KEPT_MS } from '../alerts/series.ts'
import { amount, spokenOf } from '../alerts/words.ts'
import type { Timeline } from '../model/timeline.ts'

/** What a rule says of something: nothing, where too few calls were seen, or none. */
type Outcome = 'broken' | 'kept' | 'too few' | 'no calls' | 'left out'

export interface Verdict {
  readonly outcome: Outcome
  readonly text: string
  /** Whether calls were seen that it speaks of. */
  readonly seen: boolean
}

const ORDER: readonly Outcome[] = ['broken', 'too few', 'no calls', 'kept', 'left out']

/** What was recorded has no "now": all of it happened at once. */
const NOW = KEPT_MS

/** Every rule on everything that it speaks of, the broken ones first. */
export function verdictsOf(timelines: Iterable<Timeline>, rules: readonly Rule[]): Verdict[] {
  const book = new SeriesBook()
  const open = new InFlight()
  for (const timeline of timelines) {
    learn(timeline, book, finished(timeline), NOW)
    open.see(timeline, NOW)
  }
  const found = rules.flatMap((rule) => {
    if (rule.timesUsual !== undefined) return [verdict('left out', rule, 'what is usual is known to a running collector only')]
    return rule.figure === 'in_flight_age' ? hung(rule, open) : measured(rule, book)
  })
  return found.sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome))
}

const finished = ({ spans }: Timeline): boolean[] => spans.map(({ warnings }) => !warnings.includes('in_flight'))

function measured(rule: Rule, book: SeriesBook): Verdict[] {
  const groups = [...new Groups([rule]).gather(book)]
  if (groups.length === 0) return [verdict('no calls', rule, `no ${spokenOf(rule)} were seen`)]
  return groups.map(({ subject, members }) => judged(rule, subject, evaluate(rule, members, NOW)))
}

function hung(rule: Rule, open: InFlight): Verdict[] {
  const found = hanging(rule, open)
  return found.length === 0
    ? [verdict('kept', rule, `none of the ${spokenOf(rule)} hangs`, false)]
    : found.map(({ subject, reading }) => judged(rule, subject, reading))
}

function judged(rule: Rule, subject: Subject, { value, threshold, count, exceeded, exemplars }: Reading): Verdict {
  const { service, name, hook, route } = subject
  const what = [service, name, hook, route].filter((part) => part !== '').join(' ')
  if (value === null) {
    return verdict('too few', rule, `${what}: ${calls(count)}, of the ${rule.minCount} that "minCount" needs for ${rule.figure}`)
  }
  const figure = `${rule.figure.replaceAll('_', ' ')} ${amount(value, rule)}, limit ${amount(threshold ?? 0, rule)}`
  const slowest = exceeded && exemplars.slowest !== null ? `  slowest: ${exemplars.slowest.traceId}` : ''
  return verdict(exceeded ? 'broken' : 'kept', rule, `${what}: ${figure} (${calls(count)})${slowest}`)
}

const calls = (count: number): string => (count === 1 ? '1 call' : `${count} calls`)

const verdict = (outcome: Outcome, { name }: Rule, said: string, seen = true): Verdict => ({
  outcome,
  text: `${name}  ${said}`,
  seen,
})
