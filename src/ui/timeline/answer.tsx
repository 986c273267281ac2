import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { breakdown } from '../breakdown.ts'
import { count, duration, percent } from '../format.ts'
import { phaseLook } from '../phases.ts'
import { culpritOf, type Culprit } from './culprit.ts'
import type { Act } from './state.ts'
import { FLAG, type Trace } from './trace.ts'

interface Props {
  readonly trace: Trace
  readonly dispatch: (act: Act) => void
}

/** Of a request that has not ended, only this much can be said. */
const soFar = ({ flags }: Trace): string => (((flags[0] as number) & FLAG.inFlight) !== 0 ? 'so far ' : '')

/** A share of the time from which a phase stands out, where none of its names does. */
const STANDS_OUT = 400
/** So many phases are named where none stands out. */
const NAMED = 3

/** Where the time went, in a sentence: what took most by name, else the phase, else the few that took most. */
export function Answer({ trace, dispatch }: Props): VNode | null {
  const culprit = useMemo(() => culpritOf(trace), [trace])
  return culprit === null ? <ByPhase trace={trace} dispatch={dispatch} /> : <Blame {...{ trace, dispatch, culprit }} />
}

const mostly = (ns: number, trace: Trace): string => soFar(trace) + (ns > trace.total / 2 ? 'mostly' : 'longest:')

/** A click goes there. */
function Blame({ trace, dispatch, culprit }: Props & { culprit: Culprit }): VNode {
  const { name, service, times, ns, span } = culprit
  const hooks = trace.middleware(span) === null ? ` ×${count(times)}` : ` in ${times} hooks`
  return (
    <button
      type="button"
      class={`blame ${phaseLook(trace.phase(span)).className}`}
      title={`What the request waited for longest, in ${service}. Press to see it.`}
      onClick={() => dispatch({ type: 'select', span, details: true })}
    >
      <i class="swatch" />
      <span>
        {mostly(ns, trace)} <b>{name}</b>
        {times > 1 && hooks},{' '}
        <span class="whole-words">
          {duration(ns)} ({percent(ns / trace.total)})
        </span>
      </span>
    </button>
  )
}

/** A click makes the phase stand out below. */
function ByPhase({ trace, dispatch }: Props): VNode | null {
  const shares = useMemo(() => breakdown(trace.outline.phases).sort((a, b) => b.ns - a.ns), [trace])
  const [first] = shares
  if (first === undefined) return null
  const stands = first.permille >= STANDS_OUT
  return (
    <span class="blame">
      <span>{stands ? mostly(first.ns, trace) : `${soFar(trace)}spread out:`}</span>
      {shares.slice(0, stands ? 1 : NAMED).map(({ phase, ns, permille }) => (
        <button
          key={phase.id}
          type="button"
          class={phase.className}
          title={phase.meaning}
          onClick={() => dispatch({ type: 'phase', phase: phase.id })}
        >
          <i class={`swatch ${phase.className}`} /> <b>{phase.label}</b>, {duration(ns)} ({percent(permille / 1000)})
        </button>
      ))}
    </span>
  )
}
