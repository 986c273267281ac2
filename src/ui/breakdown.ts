import { PHASE_ORDER, phaseLook, type PhaseLook } from './phases.ts'

/** The part of a request's time that one phase took. */
export interface Share {
  readonly phase: PhaseLook
  /** Nanoseconds. */
  readonly ns: number
  /** Thousandths of the total; all shares of one breakdown make exactly 1000. */
  readonly permille: number
}

/**
 * Rounds to whole thousandths that add up to 1000, by largest remainder: a legend of `33.3 %` three times is a lie of 0.1 %.
 * @returns as many numbers as came in; all 0 when the parts add up to nothing
 */
export function permilles(parts: readonly number[]): number[] {
  const total = parts.reduce((sum, part) => sum + part, 0)
  if (total <= 0) return parts.map(() => 0)
  const exact = parts.map((part) => (part / total) * 1000)
  const rounded = exact.map(Math.floor)
  const missing = 1000 - rounded.reduce((sum, part) => sum + part, 0)
  const byRemainder = exact.map((part, index) => [part - Math.floor(part), index] as const).sort((a, b) => b[0] - a[0])
  for (const [, index] of byRemainder.slice(0, missing)) rounded[index] = (rounded[index] as number) + 1
  return rounded
}

/** The breakdown of a request's time, in the order of a request's life. @param phases decimal nanoseconds by phase id, and `gap` */
export function breakdown(phases: Readonly<Record<string, string>>): Share[] {
  const merged = new Map<string, number>()
  for (const [id, text] of Object.entries(phases)) {
    const known = phaseLook(id).id
    merged.set(known, (merged.get(known) ?? 0) + Math.max(0, Number(text)))
  }
  const entries = PHASE_ORDER.flatMap((id) => ((merged.get(id) ?? 0) > 0 ? [[id, merged.get(id) as number] as const] : []))
  const rounded = permilles(entries.map(([, ns]) => ns))
  return entries.map(([id, ns], index) => ({ phase: phaseLook(id), ns, permille: rounded[index] as number }))
}
