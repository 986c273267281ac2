import type { Store } from '../store/contract.ts'
import type { Arrivals } from './arrivals.ts'
import type { StatusJson } from './wire.ts'

/** What the collector counts, in spans since its start. */
export interface Stats {
  readonly accepted: number
  readonly stored: number
  readonly pending: number
  readonly dropped: number
  readonly refused: number
  readonly startedAt: Date
  readonly forwarding: readonly StatusJson['forwarding'][number][]
}

/** How the collector is doing. @param version of the package */
export async function statusJson(stats: Stats, store: Store, arrivals: Arrivals, version: string): Promise<StatusJson> {
  const { accepted, stored, dropped, refused, pending } = stats
  const kept = await store.stats()
  return {
    version,
    startedAt: stats.startedAt.toISOString(),
    spans: { accepted, stored, dropped, refused, pending },
    traces: kept.traces,
    storage: { path: kept.path, bytes: kept.bytes },
    forwarding: stats.forwarding.map((each) => ({ ...each })),
    lag: arrivals.lag(),
    hosts: arrivals.hosts(),
  }
}
