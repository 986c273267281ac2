import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { PhaseId } from '../../model/phases.ts'
import type { Timeline } from '../../model/timeline.ts'
import type { Dependency } from '../contract.ts'
import { storable } from './integers.ts'
import type { Call } from './summary.ts'

/**
 * What a server did before it had the request's head. It hangs beside the server's span, under the caller's: one call, several
 * spans. (Jaeger's memory store counts each of them.)
 */
const LED_TO_SERVER: ReadonlySet<PhaseId | null> = new Set<PhaseId>(['queue', 'gateway.accept'])

/** The calls between services in a timeline: spans whose parent is another service's, but for what only led to them. */
export function callsOf(timeline: Timeline): Call[] {
  /** The services of the spans around, by depth: a timeline's spans are depth first. */
  const around: string[] = []
  const counts = new Map<string, Map<string, number>>()
  for (const { depth, service, phase } of timeline.spans) {
    around[depth] = service
    const parent = depth === 0 ? '' : (around[depth - 1] ?? '')
    if (parent === '' || parent === service || LED_TO_SERVER.has(phase)) continue
    const children = counts.get(parent) ?? new Map<string, number>()
    counts.set(parent, children.set(service, (children.get(service) ?? 0) + 1))
  }
  return [...counts].flatMap(([parent, children]) => [...children].map(([child, calls]) => ({ parent, child, calls })))
}

const HOUR = 3_600_000_000_000n

/** How often which service called which, by the hour in which the trace started. */
export class Calls {
  /** What the transaction changes, added up before it is written: by hour, and by the two names. */
  private readonly sums = new Map<bigint, Map<string, Call>>()
  private readonly change: StatementSync
  private readonly between: StatementSync
  private readonly removeBefore: StatementSync

  constructor(database: DatabaseSync) {
    this.change = database.prepare(`INSERT INTO call (hour, parent, child, calls) VALUES (?, ?, ?, ?)
      ON CONFLICT (hour, parent, child) DO UPDATE SET calls = calls + excluded.calls`)
    this.between = database.prepare(`SELECT parent, child, sum(calls) AS calls FROM call WHERE hour BETWEEN ? AND ?
      GROUP BY parent, child HAVING sum(calls) > 0 ORDER BY parent, child`)
    this.removeBefore = database.prepare('DELETE FROM call WHERE hour < ?')
  }

  /** Adds the calls of a trace, or takes them back. @param start of the trace, ns */
  add(start: bigint, calls: readonly Call[], sign: 1 | -1): void {
    if (calls.length === 0) return
    const hour = storable(start) / HOUR
    const sums = this.sums.get(hour) ?? new Map<string, Call>()
    this.sums.set(hour, sums)
    for (const { parent, child, calls: count } of calls) {
      const key = `${parent}\0${child}`
      sums.set(key, { parent, child, calls: (sums.get(key)?.calls ?? 0) + sign * count })
    }
  }

  /** Writes what was added. */
  write(): void {
    for (const [hour, sums] of this.sums) {
      for (const { parent, child, calls } of sums.values()) if (calls !== 0) this.change.run(hour, parent, child, calls)
    }
    this.sums.clear()
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.sums.clear()
  }

  dependencies(from: bigint, to: bigint): Dependency[] {
    const rows = this.between.all(storable(from) / HOUR, storable(to) / HOUR)
    return (rows as unknown as Dependency[]).map((row) => ({ ...row }))
  }

  /** @param time ns since the epoch */
  removeUntil(time: bigint): void {
    this.removeBefore.run(storable(time) / HOUR)
  }
}
