import { MINUTE_MS } from '../../alerts/slot.ts'
import type { SpanGroup, SpanMetrics } from '../../alerts/span-metrics.ts'
import { Histogram } from '../../model/histogram.ts'
import { SPAN_KINDS } from '../../model/phases.ts'
import { JaegerFault } from './fault.ts'
import { goBool, optional } from './params.ts'

/** The shortest time between two points. */
export const MINIMUM_STEP_MS: number = MINUTE_MS

/** More points than this are not worked out: a page that is 2,000 pixels wide shows no more. */
const MOST_POINTS = 2_000

/** A family of series, as Jaeger's Monitor tab reads it: https://www.jaegertracing.io/docs/latest/apis/#service-performance-monitoring-internal */
interface MetricFamily {
  name: string
  type: 'GAUGE'
  help: string
  metrics: {
    labels: { name: string; value: string }[]
    metricPoints: { gaugeValue: { doubleValue: number }; timestamp: string }[]
  }[]
}

/** The spans of a stretch of time, all and those that failed. */
interface Stretch {
  readonly all: Histogram
  readonly failed: Histogram
  readonly seconds: number
}

interface Figure {
  readonly name: string
  readonly help: (params: URLSearchParams) => string
  /** NaN if there is nothing to say. */
  readonly of: (stretch: Stretch, params: URLSearchParams) => number
}

const NUMBER = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)

/** 0…1, needed. */
function quantileOf(params: URLSearchParams): number {
  const given = Number(params.get('quantile') || NaN)
  if (given > 0 && given <= 1) return given
  throw new JaegerFault(400, "unable to parse param 'quantile': a number up to 1 is needed")
}

/** The figures by the last part of their address. Latencies are ms, rates per second. */
const FIGURES: Readonly<Record<string, Figure>> = {
  latencies: {
    name: 'latencies',
    help: (params) => `${quantileOf(params).toFixed(2)}th quantile latency, grouped by service`,
    of: ({ all }, params) => all.quantile(quantileOf(params)) * 1_000,
  },
  calls: { name: 'call_rate', help: () => 'calls/sec, grouped by service', of: ({ all, seconds }) => all.count / seconds },
  errors: {
    name: 'error_rate',
    help: () => 'error rate, computed as a fraction of errors/sec over calls/sec, grouped by service',
    of: ({ all, failed }) => failed.count / all.count,
  },
}

/** What `/api/metrics/{latencies,calls,errors}` answers. @throws JaegerFault 400, 404 */
export function metricFamily(spans: SpanMetrics, kind: string, params: URLSearchParams): MetricFamily {
  const figure = Object.hasOwn(FIGURES, kind) ? FIGURES[kind] : undefined
  if (figure === undefined) throw new JaegerFault(404, `there are no metrics ${kind.slice(0, 40)}`)
  const byOperation = optional(params, 'groupByOperation', goBool) ?? false
  const times = timesOf(params)
  const groups = Map.groupBy(wanted(spans, params), ({ service, name }) => (byOperation ? `${service}\0${name}` : service))
  const metrics = [...groups.values()].map((group) => ({
    labels: labelsOf(group[0] as SpanGroup, byOperation),
    metricPoints: pointsOf(group, figure, times, params),
  }))
  return {
    name: byOperation ? `service_operation_${figure.name}` : `service_${figure.name}`,
    type: 'GAUGE',
    help: figure.help(params) + (byOperation ? ' & operation' : ''),
    metrics: metrics.filter(({ metricPoints }) => metricPoints.length > 0),
  }
}

function labelsOf({ service, name }: SpanGroup, byOperation: boolean): { name: string; value: string }[] {
  const labels = [{ name: 'service_name', value: service }]
  return byOperation ? [{ name: 'operation', value: name }, ...labels] : labels
}

function wanted(spans: SpanMetrics, params: URLSearchParams): SpanGroup[] {
  const services = params.getAll('service')
  if (services.length === 0)
    throw new JaegerFault(400, "unable to parse param 'service': please provide at least one service name")
  const asked = params.getAll('spanKind').map((kind) => kind.toUpperCase())
  const unknown = asked.find((kind) => kind !== 'UNSPECIFIED' && !Object.hasOwn(SPAN_KINDS, kind))
  if (unknown !== undefined)
    throw new JaegerFault(400, `unable to parse param 'spanKind': unsupported span kind: '${unknown.toLowerCase().slice(0, 40)}'`)
  const kinds = asked.length === 0 ? ['SERVER'] : asked
  return spans.groups.filter(({ service, kind }) => services.includes(service) && kinds.includes(kind))
}

interface Times {
  readonly moments: number[]
  /** Each moment speaks of so many ms before it. */
  readonly ratePer: number
}

/** All in ms. */
function timesOf(params: URLSearchParams): Times {
  const end = optional(params, 'endTs', NUMBER) ?? Date.now()
  const lookback = optional(params, 'lookback', NUMBER) ?? 3_600_000
  const step = Math.max(MINIMUM_STEP_MS, optional(params, 'step', NUMBER) ?? 0, lookback / MOST_POINTS)
  const ratePer = Math.max(MINUTE_MS, optional(params, 'ratePer', NUMBER) ?? 600_000)
  const moments = Array.from({ length: Math.floor(lookback / step) + 1 }, (_, index) => end - lookback + index * step)
  return { moments, ratePer }
}

function pointsOf(group: readonly SpanGroup[], figure: Figure, { moments, ratePer }: Times, params: URLSearchParams) {
  const points: MetricFamily['metrics'][number]['metricPoints'] = []
  for (const moment of moments) {
    const stretch = { all: new Histogram(), failed: new Histogram(), seconds: ratePer / 1_000 }
    for (const { minutes, status } of group) {
      minutes?.addTo(stretch.all, moment - ratePer, moment)
      if (status === 'ERROR') minutes?.addTo(stretch.failed, moment - ratePer, moment)
    }
    if (stretch.all.count === 0) continue
    const timestamp = new Date(moment).toISOString()
    points.push({ gaugeValue: { doubleValue: figure.of(stretch, params) }, timestamp })
  }
  return points
}
