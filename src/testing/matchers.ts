import { isPhaseId, PHASE_IDS, type PhaseId } from '../model/phases.ts'
import type { Timeline, TimelineSpan } from '../model/timeline.ts'

/** How many spans of a phase there may be; at least one if nothing is said. */
export interface PhaseCount {
  /** Only spans whose name is this, or matches. */
  readonly named?: string | RegExp
  /** Exactly so many. */
  readonly times?: number
  readonly atLeast?: number
  readonly atMost?: number
}

/** Limits of the self time of each span of a name. */
export interface SelfTime {
  /** In ms. Wall time differs between machines: prefer `timesOf`. */
  readonly under?: number
  /** Not more than so many times the self time of all spans with another name. */
  readonly timesOf?: readonly [times: number, name: string | RegExp]
}

interface Verdict {
  readonly pass: boolean
  readonly message: () => string
}

const ms = (nanos: bigint): string => `${(Number(nanos) / 1e6).toFixed(3)} ms`

function is(span: TimelineSpan, name: string | RegExp | undefined): boolean {
  return name === undefined || (typeof name === 'string' ? span.name === name : name.test(span.name))
}

/** The timeline as an indented list: what one wants to see when an assertion fails. */
export function print(timeline: Timeline): string {
  return timeline.spans
    .map(
      (span) => `${'  '.repeat(span.depth)}${span.phase ?? '·'} ${span.name} (self ${ms(span.selfNs)})${span.error ? ' !' : ''}`,
    )
    .join('\n')
}

const verdict = (pass: boolean, said: string, timeline: Timeline): Verdict => ({
  pass,
  message: () => `${said}\n\n${print(timeline)}`,
})

/** For `expect.extend`; `phaseline/testing/vitest` does that, with types. */
export const matchers: {
  toHavePhase(timeline: Timeline, phase: PhaseId, count?: PhaseCount): Verdict
  toSpend(timeline: Timeline, name: string | RegExp, limit: SelfTime): Verdict
  toRepeatQueries(timeline: Timeline): Verdict
} = {
  toHavePhase(timeline, phase, { named, times, atLeast = times ?? 1, atMost = times ?? Infinity } = {}) {
    if (!isPhaseId(phase)) throw new TypeError(`"${String(phase)}" is no phase; known: ${PHASE_IDS.join(', ')}`)
    const found = timeline.spans.filter((span) => span.phase === phase && is(span, named)).length
    const wanted = atLeast === atMost ? `${atLeast}` : atMost === Infinity ? `at least ${atLeast}` : `${atLeast} to ${atMost}`
    const what = `${phase}${named === undefined ? '' : ` ${String(named)}`}`
    return verdict(found >= atLeast && found <= atMost, `${what}: ${found} times, expected ${wanted}`, timeline)
  },

  toSpend(timeline, name, { under = Infinity, timesOf }) {
    const spans = timeline.spans.filter((span) => is(span, name))
    if (spans.length === 0) return verdict(false, `there is no span ${String(name)}`, timeline)
    const self = spans.reduce((most, span) => (span.selfNs > most ? span.selfNs : most), 0n)
    if (Number(self) / 1e6 > under)
      return verdict(false, `${String(name)}: self time ${ms(self)}, expected under ${under} ms`, timeline)
    if (timesOf === undefined)
      return verdict(true, `${String(name)}: self time ${ms(self)}, expected not to be under ${under} ms`, timeline)
    const [times, other] = timesOf
    const others = timeline.spans.filter((span) => is(span, other)).reduce((sum, span) => sum + span.selfNs, 0n)
    const said = `${String(name)}: self time ${ms(self)}, ${times} times of ${String(other)} is ${ms(BigInt(Math.round(Number(others) * times)))}`
    return verdict(Number(self) <= Number(others) * times, said, timeline)
  },

  toRepeatQueries(timeline) {
    const repeated = timeline.spans.filter((span) => span.warnings.includes('n_plus_one'))
    const names = [...new Set(repeated.map((span) => span.name))].join(', ')
    return verdict(
      repeated.length > 0,
      repeated.length > 0 ? `the same query again and again: ${names}` : 'no query is repeated',
      timeline,
    )
  },
}
