import { Histogram } from '../../model/histogram.ts'
import type { Exemplar } from '../../otlp/encode-metrics.ts'
import type { Series } from './series.ts'

/** What was measured of one phase on one route since the start of the process. */
interface Total {
  readonly self: Histogram
  readonly errors: number
  /** The latest. */
  readonly exemplars: readonly Exemplar[]
}

/** Series count from one export to the next; who scrapes wants what was counted since the start. */
export class Totals {
  private readonly kept = new Map<Series, Total>()

  /** Takes over what series have counted: they are about to be reset. */
  keep(filled: readonly Series[]): void {
    for (const series of filled) {
      const { self, errors, exemplars } = this.of(series)
      this.kept.set(series, { self, errors, exemplars })
    }
  }

  /** Of one series, with what it has counted since it was reset. */
  of(series: Series): Total {
    const before = this.kept.get(series)
    if (before === undefined) return series
    const self = new Histogram()
    self.merge(before.self)
    self.merge(series.self)
    const { exemplars } = series
    return { self, errors: before.errors + series.errors, exemplars: exemplars.length > 0 ? exemplars : before.exemplars }
  }
}
