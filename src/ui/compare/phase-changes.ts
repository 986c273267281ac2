import { PHASE_ORDER, phaseLook, type PhaseLook } from '../phases.ts'

/** What became of one phase's self time. Nanoseconds. */
export interface PhaseChange {
  readonly phase: PhaseLook
  readonly a: number
  readonly b: number
  /** More is slower. */
  readonly change: number
}

type Phases = Readonly<Record<string, string>>

/** Every phase that one of the two has, what changed most first. @param a decimal nanoseconds by phase */
export function phaseChanges(a: Phases, b: Phases): PhaseChange[] {
  const time = (phases: Phases, id: string): number => Number(phases[id] ?? 0)
  return PHASE_ORDER.filter((id) => time(a, id) !== 0 || time(b, id) !== 0)
    .map((id) => ({ phase: phaseLook(id), a: time(a, id), b: time(b, id), change: time(b, id) - time(a, id) }))
    .sort((one, other) => Math.abs(other.change) - Math.abs(one.change))
}

/** The phases that make up most of what changed, in its direction: enough of them for four fifths, three at most. */
export function mostly(changes: readonly PhaseChange[], total: number): PhaseChange[] {
  const same = changes.filter(({ change }) => change !== 0 && change > 0 === total > 0)
  const found: PhaseChange[] = []
  let sum = 0
  for (const one of same) {
    if (found.length === 3 || Math.abs(sum) >= Math.abs(total) * 0.8) break
    found.push(one)
    sum += one.change
  }
  return found
}
