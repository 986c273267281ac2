import type { Metric } from '../../otlp/encode-metrics.ts'
import { encodeMetrics } from '../../otlp/encode-metrics.ts'
import { now } from '../../model/clock.ts'
import type { Exporter } from '../export/exporter.ts'
import { SeriesBook, type Series } from './series.ts'
import { counters, type Stats } from '../stats.ts'
import type { Totals } from './totals.ts'
import { trouble } from '../trouble.ts'

/** Histograms of all phases of all requests, and how they leave. */
export class Meter {
  readonly book: SeriesBook = new SeriesBook()
  /** Undefined: they are not sent. */
  private readonly exporter: Exporter | undefined
  /** Undefined: nobody scrapes. */
  readonly totals: Totals | undefined
  private readonly resource: Uint8Array
  private readonly timer: NodeJS.Timeout
  private since: number = now()
  private told: Stats = { ...counters }

  /**
   * @param resource the fields of a Resource, encoded
   * @param interval ms between two exports
   */
  constructor(exporter: Exporter | undefined, totals: Totals | undefined, resource: Uint8Array, interval: number) {
    this.exporter = exporter
    this.totals = totals
    this.resource = resource
    this.timer = setInterval(() => this.ship(), interval).unref()
  }

  /** Hands what was measured since the last time to the exporter and the totals: nothing, if that is nothing. */
  private ship(): void {
    const filled = this.book.filled()
    // The agent's own figures change with every export, so they alone are no reason for one.
    if (filled.length === 0) return
    try {
      if (this.exporter !== undefined) this.send(filled, this.exporter)
      this.totals?.keep(filled)
      for (const series of filled) series.reset()
    } catch (error) {
      trouble('sending metrics', error)
    }
  }

  private send(filled: readonly Series[], exporter: Exporter): void {
    const to = now()
    const body = encodeMetrics(this.resource, [...phaseMetrics(filled), ...this.ownMetrics()], { from: this.since, to })
    this.since = to
    exporter.send({ parts: [body], spans: 0, done: () => {} })
  }

  /** How the agent itself is doing, since the last time. */
  private ownMetrics(): Metric[] {
    const [before, stats] = [this.told, (this.told = { ...counters })]
    const counted = OWN_METRICS.map(([key, unit, description]): Metric => {
      const points = [{ attributes: {}, value: stats[key] - before[key] }]
      return { name: `phaseline.agent.${key}`, unit, description, kind: 'sum', whole: true, points }
    })
    const points = WORK.map(([key, work]) => ({
      attributes: { 'phaseline.agent.work': work },
      value: (stats[key] - before[key]) / 1e3,
    }))
    const description = 'Time that the agent took from the app.'
    return [...counted, { name: 'phaseline.agent.time', unit: 's', description, kind: 'sum', whole: false, points }]
  }

  async flush(timeout: number): Promise<void> {
    this.ship()
    await this.exporter?.flush(timeout)
  }

  async shutdown(timeout: number): Promise<void> {
    clearInterval(this.timer)
    await this.flush(timeout)
    await this.exporter?.close()
  }

  lastGasp(): void {
    this.ship()
    this.exporter?.lastGasp()
  }
}

type Figure = readonly [key: 'spans' | 'exported' | 'dropped' | 'posts' | 'errors' | 'bytes', unit: string, description: string]

const OWN_METRICS: readonly Figure[] = [
  ['spans', '{span}', 'Spans recorded by the agent.'],
  ['exported', '{span}', 'Spans that the collector took.'],
  ['dropped', '{span}', 'Spans given up by the agent.'],
  ['posts', '{request}', 'Requests of the agent to the collector.'],
  ['errors', '{request}', 'Requests of the agent to the collector that failed.'],
  ['bytes', 'By', 'Bytes that the collector took from the agent.'],
]

const WORK = [
  ['encodeMs', 'encode'],
  ['measureMs', 'measure'],
  ['sendMs', 'send'],
] as const

function phaseMetrics(filled: readonly Series[]): Metric[] {
  const failed = filled.filter(({ errors }) => errors > 0)
  return [
    {
      name: 'phaseline.phase.self_time',
      unit: 's',
      description: 'The time a phase took less what is inside it.',
      kind: 'histogram',
      points: filled.map(({ attributes, self, exemplars }) => ({ attributes, histogram: self, exemplars })),
    },
    {
      name: 'phaseline.phase.errors',
      unit: '{phase}',
      description: 'Phases that failed.',
      kind: 'sum',
      whole: true,
      points: failed.map(({ attributes, errors }) => ({ attributes, value: errors })),
    },
    {
      name: 'phaseline.phase.share',
      unit: '1',
      description: 'Self time as a part of the whole request’s, added up.',
      kind: 'sum',
      whole: false,
      points: filled.map(({ attributes, share }) => ({ attributes, value: share })),
    },
  ].filter(({ points }) => points.length > 0) as Metric[]
}
