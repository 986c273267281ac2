import { OWN } from '../model/attributes.ts'
import { Histogram } from '../model/histogram.ts'
import type { MetricPoint } from '../model/metric.ts'
import { isPhaseId } from '../model/phases.ts'
import { labelValue } from './label-value.ts'
import type { Subject } from './observation.ts'
import type { Addition } from './series.ts'

/** What a data point adds to which series. */
interface Measured {
  readonly subject: Subject
  readonly addition: Addition
  /** Since when it counts, and when it was sent: ms since the epoch. */
  readonly from: number
  readonly at: number
}

/** The metrics of an agent, by name: what each point of them adds. All are deltas. */
const PHASE_METRICS: Readonly<Record<string, (point: MetricPoint, now: number) => Addition | undefined>> = {
  'phaseline.phase.self_time': ({ histogram, exemplars }, now) =>
    histogram === null
      ? undefined
      : {
          ...NOTHING,
          self: Histogram.from(histogram),
          exemplars: exemplars
            .filter(({ traceId }) => traceId !== '')
            .map(({ traceId, value, at }) => ({ traceId, selfSeconds: value, at: Math.min(at, now) }))
            .toSorted((one, other) => other.selfSeconds - one.selfSeconds),
        },
  'phaseline.phase.errors': ({ value }) => ({ ...NOTHING, self: new Histogram(), errors: amount(value) }),
  'phaseline.phase.share': ({ value }) => ({ ...NOTHING, self: new Histogram(), shareSum: amount(value) }),
}

const NOTHING = { errors: 0, shareSum: 0, exemplars: [] }

const amount = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0)

/** What a point says of a phase; undefined if it speaks of something else. @param now ms since the epoch */
export function phaseMetric(point: MetricPoint, now: number): Measured | undefined {
  if (!point.delta || !Object.hasOwn(PHASE_METRICS, point.name)) return undefined
  const subject = subjectOf(point)
  const addition = PHASE_METRICS[point.name]?.(point, now)
  if (subject === undefined || addition === undefined) return undefined
  return { subject, addition, from: point.from, at: Math.min(point.to, now) }
}

function subjectOf({ attributes, resource }: MetricPoint): Subject | undefined {
  const text = (key: string): string => {
    const value = attributes.get(key)
    return typeof value === 'string' ? labelValue(value) : ''
  }
  const phase = text(OWN.phase)
  if (!isPhaseId(phase)) return undefined
  const service = labelValue(resource.service)
  if (attributes.get('otel.metric.overflow') === true) return { service, phase, name: 'other', hook: '', route: '' }
  return { service, phase, name: text('phaseline.name'), hook: text(OWN.middlewareHook), route: text('http.route') }
}
