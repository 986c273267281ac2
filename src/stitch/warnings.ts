import { WARNINGS, type Warning } from '../model/timeline.ts'

/** The bit of each warning in a node's flags. */
export const BIT: Readonly<Record<Warning, number>> = Object.fromEntries(
  WARNINGS.map((warning, place) => [warning, 1 << place]),
) as Record<Warning, number>

const known = new Map<number, readonly Warning[]>([[0, Object.freeze([])]])

/** The warnings that these flags stand for. */
export function warningsOf(flags: number): readonly Warning[] {
  let list = known.get(flags)
  if (list === undefined) {
    list = Object.freeze(WARNINGS.filter((warning) => (flags & BIT[warning]) !== 0))
    known.set(flags, list)
  }
  return list
}

/** How many spans carry each warning; those that none carries are left out. */
export function countWarnings(nodes: readonly { readonly flags: number }[]): Map<Warning, number> {
  let all = 0
  for (const node of nodes) all |= node.flags
  const counts = new Map<Warning, number>()
  for (const warning of warningsOf(all)) {
    let count = 0
    for (const node of nodes) if ((node.flags & BIT[warning]) !== 0) count++
    counts.set(warning, count)
  }
  return counts
}
