import type { FigureJson, PhaseChangeJson, PhaseTotalJson, RouteChangeJson, WindowsJson } from '../../query/wire/windows.ts'

/** Fewer than so many requests in a window say little of the others. */
export const FEW = 20

/** How much longer, ns; undefined where one of the two is missing. */
export function longer(before: FigureJson | null, after: FigureJson | null, figure: 'p50Ns' | 'p95Ns'): number | undefined {
  return before === null || after === null ? undefined : Number(after[figure]) - Number(before[figure])
}

/** How much more of a request's time is spent there, ns. */
export function adds({ perRequest }: Pick<PhaseTotalJson, 'perRequest'>): number {
  return Number(perRequest.afterNs) - Number(perRequest.beforeNs)
}

/** A phase that changed; by its name, if one has most of it. */
export interface Culprit {
  readonly phase: string
  /** `SessionMiddleware process_request`; empty if many share in it. */
  readonly name: string
  readonly change: number
}

/** By name what is behind the change of a phase, if one is. */
function named({ phase, ...total }: PhaseTotalJson, rows: readonly PhaseChangeJson[]): Culprit {
  const change = adds(total)
  const most = rows.find((row) => row.phase === phase)
  const behind = most !== undefined && adds(most) / change > 0.6 && adds(most) / change < 1.5
  return { phase, change, name: behind ? `${most.name} ${most.hook}`.trim() : '' }
}

/** What makes most of the difference, in its direction: enough for four fifths, three at most. */
export function culprits({ totals, phases }: Pick<WindowsJson, 'totals' | 'phases'>): Culprit[] {
  const total = totals.reduce((sum, row) => sum + adds(row), 0)
  return mostly(totals, total).map((row) => named(row, phases?.rows ?? []))
}

function mostly(rows: readonly PhaseTotalJson[], total: number): PhaseTotalJson[] {
  const same = rows.filter((row) => adds(row) !== 0 && adds(row) > 0 === total > 0)
  const found: PhaseTotalJson[] = []
  let sum = 0
  for (const row of same) {
    if (found.length === 3 || Math.abs(sum) >= Math.abs(total) * 0.8) break
    found.push(row)
    sum += adds(row)
  }
  return found
}

/** What can be said of two windows. */
export type Saying = 'nothing' | 'only before' | 'only after' | 'few' | 'enough'

/** Whether there is enough in both. */
export function saying({ before, after }: Pick<WindowsJson, 'before' | 'after'>): Saying {
  const [a, b] = [before.took.count, after.took.count]
  if (a === 0 && b === 0) return 'nothing'
  if (a === 0) return 'only after'
  if (b === 0) return 'only before'
  return Math.min(a, b) < FEW ? 'few' : 'enough'
}

/** A twentieth of a request: what is less is no great change. ns */
export function littleOf({ before }: Pick<WindowsJson, 'before'>): number {
  return Number(before.took.p50Ns) * 0.05
}

/** The largest change of a table's p50s, ns. */
export function largest(routes: readonly RouteChangeJson[]): number {
  return Math.max(0, ...routes.map(({ before, after }) => Math.abs(longer(before, after, 'p50Ns') ?? 0)))
}
