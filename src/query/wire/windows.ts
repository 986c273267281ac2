/** Two windows of time, and what changed between them: of all routes in short, or of one route by phase. */
export interface WindowsJson {
  /** Empty for all. */
  service: string
  route: string
  before: WindowJson
  after: WindowJson
  /** Without `route`: what takes more time than before first, at most 200. */
  routes: RouteChangeJson[]
  /**
   * With `route`: where the time of its whole requests went (those of `took`), a phase and `gap` each, the greatest change first.
   * They add up to the difference of the mean; figures are of each request, those without the phase too.
   */
  totals: PhaseTotalJson[]
  /** With `route`, null without: what happened inside the service, by name. */
  phases: PhaseChangesJson | null
}

export interface WindowJson {
  /** Nanoseconds since the epoch. */
  from: string
  to: string
  /** Whole requests, as long as their timelines are. */
  took: FigureJson
  /** There are more timelines than `took.count`: these are taken evenly from all over the window. */
  more: boolean
  /** How many requests took how long: from `bins.lowNs` to `bins.highNs`, each a factor longer than the one before. */
  bins: { lowNs: string; highNs: string; counts: number[] }
}

export interface FigureJson {
  count: number
  p50Ns: string
  p95Ns: string
}

export interface RouteChangeJson {
  service: string
  route: string
  /** Null where there were none. */
  before: FigureJson | null
  after: FigureJson | null
}

export interface PhaseTotalJson {
  phase: string
  before: FigureJson
  after: FigureJson
  perRequest: { beforeNs: string; afterNs: string }
}

export interface PhaseChangesJson {
  /** Every request was counted; every one that was recorded; or some timelines, taken evenly from all over the window. */
  basis: 'every' | 'recorded' | 'some'
  /** Requests of the service that the figures are of. */
  requests: { before: number; after: number }
  /** What a request spends there more (or less) than before: the greatest first. */
  rows: PhaseChangeJson[]
}

/** A phase by its name: a middleware's hook, a query, the view. Self times of each time that it happened. */
export interface PhaseChangeJson {
  service: string
  phase: string
  name: string
  hook: string
  before: FigureJson | null
  after: FigureJson | null
  /** Mean self time for each request of the window, whether it happened there or not. */
  perRequest: { beforeNs: string; afterNs: string }
  /** The trace where it took longest in the later window. */
  slowest: string | null
}
