/** One line of the list of requests. */
export interface SummaryJson {
  traceId: string
  version: string
  /** The app that people think of: the gateway's service, else that of the first server span. */
  service: string
  /** `GET /books/<int:id>/`: the gateway's name where there is one, else the root's. */
  name: string
  method: string | null
  route: string | null
  /** HTTP status code, where a head was sent. */
  status: number | null
  start: string
  durationNs: string
  spanCount: number
  services: string[]
  error: boolean
  inFlight: boolean
  /** Self time by phase, and `gap`: adds up to `durationNs`. */
  phases: Record<string, string>
  warnings: Record<string, number>
  slowestMiddleware: { name: string; hook: string; selfNs: string } | null
}

/** What the live feed says of a request: who filters by them finds the same as the list. */
export interface NewsJson extends SummaryJson {
  /** Every middleware of which a hook ran. */
  middlewares: string[]
  /** Of all its spans. */
  routes: string[]
}

export interface ListJson {
  items: SummaryJson[]
  /** Give it back as `cursor` for the next page; null at the end. */
  next: string | null
}
