import type { SummaryJson } from '../../query/wire/list.ts'

/** Something to compare with. */
export interface Choice {
  readonly what: string
  readonly item: SummaryJson
}

/** Of requests to one route, newest first, those worth comparing with. @param self the trace that is compared */
export function choices(items: readonly SummaryJson[], self: string): Choice[] {
  const others = items.filter(({ traceId, inFlight }) => traceId !== self && !inFlight)
  const byTime = others.toSorted((a, b) => Number(a.durationNs) - Number(b.durationNs))
  const picked: [string, SummaryJson | undefined][] = [
    ['typical', byTime[Math.floor((byTime.length - 1) / 2)]],
    ['slowest', byTime.at(-1)],
    ['fastest', byTime[0]],
    ['last', others[0]],
  ]
  return picked.flatMap(([what, item]) => (item === undefined ? [] : [{ what, item }]))
}
