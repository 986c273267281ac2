import type { KnownClock } from '../stitch/clock-book.ts'
import type { Store } from '../store/contract.ts'
import type { Arrivals } from './arrivals.ts'
import type { AgentJson, HostJson, StatusJson } from './wire/status.ts'

/** What the collector counts, in spans since its start. */
export interface Stats {
  readonly accepted: number
  readonly stored: number
  readonly pending: number
  readonly dropped: number
  readonly refused: number
  readonly startedAt: Date
  readonly forwarding: readonly StatusJson['forwarding'][number][]
  /** What is known of the clocks of hosts that call each other. */
  readonly clocks?: readonly KnownClock[]
  /** Where spans are received, if they come over the network. */
  readonly otlp?: StatusJson['otlp']
}

/** Hosts that are told of at most, those that were heard of most often. */
const HOSTS = 500

/** How the collector is doing. @param version of the package @param agents what agents said of themselves */
export async function statusJson(
  stats: Stats,
  store: Store,
  arrivals: Arrivals,
  version: string,
  agents: readonly AgentJson[] = [],
): Promise<StatusJson> {
  const { accepted, stored, dropped, refused, pending } = stats
  const kept = await store.stats()
  return {
    version,
    startedAt: stats.startedAt.toISOString(),
    spans: { accepted, stored, dropped, refused, pending },
    traces: kept.traces,
    storage: { path: kept.path, bytes: kept.bytes },
    otlp: stats.otlp ?? null,
    forwarding: stats.forwarding.map((each) => ({ ...each })),
    lag: arrivals.lag(),
    agents: [...agents],
    hosts: mostHeardOf(stats.clocks ?? [])
      .map(hostJson)
      .sort(byName),
  }
}

/** Servers are heard of again and again, each visitor's browser but once or twice. */
function mostHeardOf(clocks: readonly KnownClock[]): readonly KnownClock[] {
  return clocks.length <= HOSTS ? clocks : clocks.toSorted((a, b) => b.traces - a.traces).slice(0, HOSTS)
}

function hostJson({ from, to, low, high, traces, conflict, at }: KnownClock): HostJson {
  const offset = low <= 0 && high >= 0 ? 0 : Math.floor((low + high) / 2)
  return {
    host: to,
    against: from,
    offsetNs: String(BigInt(offset)),
    lowNs: String(BigInt(low)),
    highNs: String(BigInt(high)),
    pairs: traces,
    confidence: conflict ? 'conflicting' : 'bounded',
    at: new Date(at).toISOString(),
  }
}

function byName(a: HostJson, b: HostJson): number {
  return a.host.localeCompare(b.host) || a.against.localeCompare(b.against)
}
