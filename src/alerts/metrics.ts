import { errorsFamily, inFlightFamilies, METRICS, selfFamily } from '../model/metric-families.ts'
import type { ExemplarSample, Family, Labels } from '../model/openmetrics.ts'
import type { AlertEngine } from './engine.ts'
import type { OpenPhase } from './in-flight.ts'
import type { Series } from './series.ts'

/** Figures of all phases, and the state of alerts. */
export function* phaseFamilies(engine: AlertEngine): Generator<Family> {
  const all = [...engine.series]
  yield selfFamily(all.map((series) => ({ labels: labelsOf(series), histogram: series.total, exemplars: exemplarsOf(series) })))
  yield errorsFamily(all.map((series) => ({ labels: labelsOf(series), value: series.errors })))
  const open = Map.groupBy(engine.inFlight, ({ subject }) => JSON.stringify(Object.values(subject)))
  yield* inFlightFamilies(
    [...open.values()].map((some) => ({
      labels: openLabels(some),
      count: some.length,
      oldestMs: Math.max(...some.map(({ ageMs }) => ageMs)),
    })),
  )
  yield {
    name: METRICS.alerts,
    help: 'Alerts by state.',
    type: 'gauge',
    samples: engine
      .alerts()
      .filter((alert) => alert.state !== 'inactive')
      .map((alert) => ({ labels: { alertname: alert.rule, state: alert.state, ...alert.subject }, value: 1 })),
  }
  yield {
    name: METRICS.targets,
    help: 'Notifications by target and outcome.',
    type: 'counter',
    samples: engine.targets().flatMap(({ name, delivered, dropped }) => [
      { labels: { target: name, outcome: 'delivered' }, value: delivered },
      { labels: { target: name, outcome: 'dropped' }, value: dropped },
    ]),
  }
  yield {
    name: METRICS.overflow,
    help: 'Observations without a series of their own, because there were too many.',
    type: 'counter',
    samples: [{ labels: {}, value: engine.series.overflowed }],
  }
}

const openLabels = ([first]: readonly OpenPhase[]): Labels => ({ ...first?.subject })

const labelsOf = ({ subject }: Series): Labels => ({ ...subject })

function exemplarsOf(series: Series): ExemplarSample[] {
  const slot = series.slots.at(-1)
  const found = [slot?.slowest, slot?.typical].filter((one) => one !== null && one !== undefined)
  return found.map(({ traceId, selfSeconds, at }) => ({ traceId, value: selfSeconds, at }))
}
