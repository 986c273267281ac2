import { agentFamilies, METRICS, type AgentHealth } from '../model/metric-families.ts'
import type { Family, Labels } from '../model/openmetrics.ts'

/** How the collector, the agents that send to it and the hosts' clocks are; `accepted = stored + pending + dropped`. */
export interface Health {
  readonly spans: {
    readonly accepted: number
    readonly stored: number
    readonly dropped: number
    readonly refused: number
    readonly pending: number
  }
  readonly traces: number
  readonly storage: { readonly bytes: number }
  readonly forwarding: readonly {
    readonly url: string
    readonly sent: number
    readonly dropped: number
    readonly queued: number
  }[]
  /** From the end of a request to the arrival of its timeline, of the last few; null as long as none came. */
  readonly lag: { readonly medianMs: number; readonly worstMs: number } | null
  /** How much a host's clock is ahead of that of a host that calls it. */
  readonly hosts: readonly { readonly host: string; readonly against: string; readonly offsetNs: string }[]
  /** What agents count of themselves, by process: those heard of in the last quarter of an hour. */
  readonly agents: readonly AgentHealth[]
}

/** One sample for each of them. */
function each<One>(
  name: string,
  help: string,
  type: 'counter' | 'gauge',
  all: readonly One[],
  of: (one: One) => [Labels, number],
): Family {
  return {
    name,
    help,
    type,
    samples: all.map((one) => {
      const [labels, value] = of(one)
      return { labels, value }
    }),
  }
}

const gauge = (name: string, help: string, value: number): Family => each(name, help, 'gauge', [value], (one) => [{}, one])

/** A target may get spans twice, as they came and with corrected times: the same labels must not come twice. */
function byUrl(forwarding: Health['forwarding']): Health['forwarding'] {
  const groups = Map.groupBy(forwarding, ({ url }) => url)
  const sum = (all: Health['forwarding'], of: 'sent' | 'dropped' | 'queued'): number =>
    all.reduce((total, one) => total + one[of], 0)
  return [...groups].map(([url, all]) => ({
    url,
    sent: sum(all, 'sent'),
    dropped: sum(all, 'dropped'),
    queued: sum(all, 'queued'),
  }))
}

/** The collector's own health. */
export function* healthFamilies({ spans, traces, storage, forwarding, lag, hosts, agents }: Health): Generator<Family> {
  yield each(
    METRICS.spans,
    'Spans by what became of them: accepted = stored + pending + dropped.',
    'counter',
    ['accepted', 'stored', 'dropped', 'refused'] as const,
    (outcome) => [{ outcome }, spans[outcome]],
  )
  yield gauge(METRICS.pending, 'Spans that wait to be stitched and stored.', spans.pending)
  yield gauge(METRICS.traces, 'Timelines in the store.', traces)
  yield gauge(METRICS.storage, 'Size of the store on disk.', storage.bytes)
  const forwarded = byUrl(forwarding)
  const outcomes = forwarded.flatMap(({ url, sent, dropped }) => [
    { target: url, outcome: 'sent', value: sent },
    { target: url, outcome: 'dropped', value: dropped },
  ])
  yield each(
    METRICS.forwarded,
    'Spans sent on to other OTLP endpoints, by outcome.',
    'counter',
    outcomes,
    ({ value, ...labels }) => [labels, value],
  )
  yield each(METRICS.forwardQueue, 'Spans that wait to be sent on.', 'gauge', forwarded, ({ url, queued }) => [
    { target: url },
    queued,
  ])
  const lags =
    lag === null
      ? []
      : ([
          ['median', lag.medianMs],
          ['worst', lag.worstMs],
        ] as const)
  yield each(
    METRICS.lag,
    'From the end of a request to the arrival of its timeline, of the last 200.',
    'gauge',
    lags,
    ([figure, ms]) => [{ figure }, ms / 1000],
  )
  yield each(
    METRICS.clock,
    'How much a host’s clock is ahead of that of a host that calls it.',
    'gauge',
    hosts,
    ({ host, against, offsetNs }) => [{ host, against }, Number(offsetNs) / 1e9],
  )
  yield* agentFamilies(agents)
}
