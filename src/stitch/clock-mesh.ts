import { agree, type Bound, type Evidence } from './evidence.ts'

/** Bounds of each host's clock against each other's, both ways, by all ways from the one to the other. */
export type ClockMesh = ReadonlyMap<string, ReadonlyMap<string, Bound>>

/** More hosts that call each other in a ring than this are compared by their own calls only: the work grows with the cube. */
const MANY = 100

const NONE: ClockMesh = new Map()

/**
 * What the calls among hosts say together where there is more than one way from a host to another: that of `c` to `a` is also that
 * of `b` to `a` and `c` to `b` (difference constraints, closed by Floyd and Warshall's shortest paths). Hosts that are placed one
 * after the other inside such bounds never contradict each other; inside those of single calls they may, though the calls do not.
 * @returns nothing of hosts that there is one way to, and nothing at all where the calls contradict each other
 */
export function meshOf(evidence: Evidence): ClockMesh {
  const hosts = ringed(evidence)
  if (hosts.length === 0 || hosts.length > MANY) return NONE
  const most = mostOf(hosts, evidence)
  for (const [k, byWay] of most.entries()) {
    for (const row of most) {
      const first = row[k] as number
      if (first === Infinity) continue
      for (const [j, second] of byWay.entries()) if (first + second < (row[j] as number)) row[j] = first + second
    }
  }
  if (most.some((row, i) => (row[i] as number) < 0)) return NONE
  return new Map(
    hosts.map((from, i) => [
      from,
      new Map(hosts.map((to, j) => [to, { low: -(most[j]?.[i] as number), high: most[i]?.[j] as number }])),
    ]),
  )
}

/** How far at most each host's clock is ahead of each other's, by their own calls. */
function mostOf(hosts: readonly string[], evidence: Evidence): number[][] {
  return hosts.map((from) =>
    hosts.map((to) => {
      const bounds = evidence.get(from)?.get(to)
      if (from === to) return 0
      return bounds === undefined ? Infinity : agree(bounds).high
    }),
  )
}

/** The hosts that are left when those with one neighbour are taken away until there are none. */
function ringed(evidence: Evidence): string[] {
  const degrees = new Map([...evidence].map(([host, row]) => [host, row.size]))
  const leaves = [...degrees].filter(([, degree]) => degree === 1).map(([host]) => host)
  for (let leaf = leaves.pop(); leaf !== undefined; leaf = leaves.pop()) {
    degrees.delete(leaf)
    for (const next of evidence.get(leaf)?.keys() ?? []) {
      const degree = (degrees.get(next) ?? 0) - 1
      if (degree < 0) continue
      degrees.set(next, degree)
      if (degree === 1) leaves.push(next)
    }
  }
  return [...degrees].filter(([, degree]) => degree > 1).map(([host]) => host)
}
