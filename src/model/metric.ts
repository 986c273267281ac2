import type { HistogramData } from './histogram.ts'
import type { Resource, ValueMap } from './span.ts'

/** A trace that shows a value of a metric. */
export interface MetricExemplar {
  /** 32 hexadecimal digits; empty if it names none. */
  readonly traceId: string
  readonly value: number
  /** ms since the epoch */
  readonly at: number
}

/** A data point that was received, of the kinds that are read here: sums and exponential histograms. */
export interface MetricPoint {
  readonly name: string
  readonly resource: Resource
  readonly attributes: ValueMap
  /** What was counted between `from` and `to`; else since the beginning. */
  readonly delta: boolean
  /** ms since the epoch */
  readonly from: number
  readonly to: number
  /** A sum; 0 of a histogram. */
  readonly value: number
  /** At our own scale, in the metric's unit; null of a sum. */
  readonly histogram: HistogramData | null
  readonly exemplars: readonly MetricExemplar[]
}
