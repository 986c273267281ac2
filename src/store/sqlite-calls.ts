import type { Timeline } from '../model/timeline.ts'
import type { Call } from './sqlite-summary.ts'

/** The calls between services in a timeline: spans whose parent is another service's. */
export function callsOf(timeline: Timeline): Call[] {
  /** The services of the spans around, by depth: a timeline's spans are depth first. */
  const around: string[] = []
  const counts = new Map<string, Map<string, number>>()
  for (const { depth, service } of timeline.spans) {
    around[depth] = service
    const parent = depth === 0 ? '' : (around[depth - 1] ?? '')
    if (parent === '' || parent === service) continue
    const children = counts.get(parent) ?? new Map<string, number>()
    counts.set(parent, children.set(service, (children.get(service) ?? 0) + 1))
  }
  return [...counts].flatMap(([parent, children]) => [...children].map(([child, calls]) => ({ parent, child, calls })))
}

/** The counts of calls that a transaction changes, added up before they are written: by hour, and by the two names. */
export class CallSums {
  private readonly hours = new Map<bigint, Map<string, Call>>()

  add(hour: bigint, calls: readonly Call[], sign: 1 | -1): void {
    if (calls.length === 0) return
    const sums = this.hours.get(hour) ?? new Map<string, Call>()
    this.hours.set(hour, sums)
    for (const { parent, child, calls: count } of calls) {
      const key = `${parent}\0${child}`
      sums.set(key, { parent, child, calls: (sums.get(key)?.calls ?? 0) + sign * count })
    }
  }

  /** Gives every sum that is not zero and forgets them. */
  drain(write: (hour: bigint, call: Call) => void): void {
    for (const [hour, sums] of this.hours) for (const call of sums.values()) if (call.calls !== 0) write(hour, call)
    this.hours.clear()
  }
}
