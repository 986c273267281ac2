import { OWN, type Attributes } from '../../model/attributes.ts'
import { epochOrigin } from '../../model/clock.ts'
import { agentFamilies, errorsFamily, inFlightFamilies, METRICS, processLabels, selfFamily } from '../../model/metric-families.ts'
import type { ExemplarSample, Family, Labels } from '../../model/openmetrics.ts'
import type { Exemplar } from '../../otlp/encode-metrics.ts'
import type { Hanging } from '../in-flight.ts'
import { NAME, type Series, type SeriesBook } from './series.ts'
import type { Stats } from '../stats.ts'
import type { Totals } from './totals.ts'

/** What an app shows of itself. Handed in, not imported: a module shared with the agent's start would be a file of its own there. */
export interface Exposed {
  readonly book: SeriesBook
  readonly totals: Totals
  /** What has been running for a second or more. */
  readonly hanging: Hanging
  readonly counters: Stats
  /** Attributes of the resource. */
  readonly resource: Attributes
}

/** Under the names and labels of the collector's `/metrics`, so that the same dashboards and rules read both. */
export function* exposed({ book, totals, hanging, counters, resource }: Exposed): Generator<Family> {
  const service = textOf(resource['service.name'])
  const all = book.all()
  yield selfFamily(mapped(all, (series) => selfOf(series, totals, service)))
  yield errorsFamily(mapped(all, (series) => ({ labels: labelsOf(service, series.attributes), value: totals.of(series).errors })))
  yield* inFlightFamilies(openOf(book, hanging, service))
  const { spans, exported, dropped } = counters
  const process = { service, host: textOf(resource['host.name']), pid: Number(resource['process.pid']) || null }
  yield* agentFamilies([{ ...process, spans, exported, dropped, waiting: Math.max(0, spans - exported - dropped) }])
  yield* costFamilies(processLabels(process), counters)
}

/** One at a time: the app has its turns in between. */
function* mapped<From, To>(all: readonly From[], of: (one: From) => To): Generator<To> {
  for (const one of all) yield of(one)
}

function selfOf(series: Series, totals: Totals, service: string) {
  const { self: histogram, exemplars } = totals.of(series)
  return { labels: labelsOf(service, series.attributes), histogram, exemplars: exemplars.map(sampleOf) }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const labelsOf = (service: string, attributes: Attributes): Labels => ({
  service,
  phase: textOf(attributes[OWN.phase]),
  name: textOf(attributes[NAME]),
  hook: textOf(attributes[OWN.middlewareHook]),
  route: textOf(attributes['http.route']),
})

function sampleOf({ ids, value, at }: Exemplar): ExemplarSample {
  const traceId = [...ids.subarray(0, 4)].map((word) => word.toString(16).padStart(8, '0')).join('')
  return { traceId, value, at: epochOrigin() + at }
}

function openOf(book: SeriesBook, hanging: Hanging, service: string) {
  const open = new Map<string, { labels: Labels; count: number; oldestMs: number }>()
  hanging(({ label }, root, ms) => {
    const labels = labelsOf(service, book.attributesOf(label, root.label))
    const key = Object.values(labels).join('\0')
    const { count = 0, oldestMs = 0 } = open.get(key) ?? {}
    open.set(key, { labels, count: count + 1, oldestMs: Math.max(oldestMs, ms) })
  })
  return [...open.values()]
}

/** What the agent takes from the app and from the network. */
function* costFamilies(labels: Labels, counters: Stats): Generator<Family> {
  const counter = (name: string, help: string, value: number): Family => ({
    name,
    help,
    type: 'counter',
    samples: [{ labels, value }],
  })
  yield counter(METRICS.agentPosts, 'Requests of the agent to the collector.', counters.posts)
  yield counter(METRICS.agentErrors, 'Requests of the agent to the collector that failed.', counters.errors)
  yield counter(METRICS.agentBytes, 'Bytes that the collector took from the agent.', counters.bytes)
  yield counter(METRICS.agentInternalErrors, 'Errors inside the agent; none of them reached the app.', counters.internalErrors)
  const works = [
    ['encode', counters.encodeMs],
    ['measure', counters.measureMs],
    ['send', counters.sendMs],
  ] as const
  const samples = works.map(([work, ms]) => ({ labels: { ...labels, work }, value: ms / 1e3 }))
  yield { name: METRICS.agentTime, help: 'Time that the agent took from the app.', type: 'counter', samples }
}
