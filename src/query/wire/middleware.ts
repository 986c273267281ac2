/** A middleware's hook (or another phase), all routes together. */
export interface MiddlewareRowJson {
  service: string
  phase: string
  name: string
  hook: string
  calls: number
  errors: number
  p50Ns: string
  p95Ns: string
  p99Ns: string
  /** Of the time of its requests, 0…1. */
  share: number
  /** p95 over time in nanoseconds, oldest first; null where nothing was called. */
  trend: (string | null)[]
  alert: 'pending' | 'firing' | null
  slowest: string | null
  typical: string | null
}

export interface MiddlewareJson {
  windowMs: number
  /** Whom there is something to tell of, whatever is asked for: what a filter can offer. At most 500 each, sorted. */
  services: string[]
  routes: string[]
  /** What takes the most time in all first. */
  rows: MiddlewareRowJson[]
}
