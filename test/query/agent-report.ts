import { Histogram } from '../../src/model/histogram.ts'
import type { MetricPoint } from '../../src/model/metric.ts'

/** A report of one process: so many requests, spans, and seconds of work. */
export function report(
  service: string,
  pid: number,
  requests: number,
  counters: Record<string, number>,
  seconds: number,
): MetricPoint[] {
  const resource = {
    service,
    host: 'one',
    attributes: new Map<string, string | number>([
      ['service.instance.id', `${service}-${pid}`],
      ['process.pid', pid],
      ['host.name', 'one'],
    ]),
  }
  const self = new Histogram()
  for (let made = 0; made < requests; made++) self.record(0.001)
  const point = (name: string, value: number, attributes = new Map<string, string>()): MetricPoint => ({
    name,
    resource,
    attributes,
    delta: true,
    from: 0,
    to: 1,
    value,
    histogram: null,
    exemplars: [],
  })
  const gateway = new Map([['phaseline.phase', 'gateway']])
  return [
    { ...point('phaseline.phase.self_time', 0, gateway), histogram: self.toData() },
    ...Object.entries(counters).map(([name, value]) => point(`phaseline.agent.${name}`, value)),
    point('phaseline.agent.time', seconds, new Map([['phaseline.agent.work', 'encode']])),
  ]
}
