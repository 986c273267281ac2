/**
 * What the query API and the viewer say to each other, in JSON. Times and durations are decimal strings of nanoseconds.
 * Beside these paths the same port serves Jaeger's (`/api/traces/{id}`, `/api/services`, …, `/api/v3/…`).
 *
 *   GET  /api/timelines?service=&route=&status=&phase=&middleware=&minMs=&maxMs=&error=1&inFlight=1&from=&to=&q=&limit=&cursor=  → ListJson
 *                      and &operation=&skew=1&orphans=1&attribute=name%3Dvalue (any number of these)
 *   GET  /api/timelines/{traceId}                → TimelineJson   (404 with ErrorJson)
 *   GET  /api/timelines/{traceId}/outline        → OutlineJson    (what drawing needs, small enough for 100,000 spans)
 *   GET  /api/timelines/{traceId}/spans/{spanId} → SpansJson      (everything about the span; more than one where an id is shared)
 *   GET  /api/live                               → server-sent events: `summary` with a NewsJson for each new or changed timeline
 *   GET  /api/status                             → StatusJson
 *   GET  /api/alerts                             → AlertsJson
 *   GET  /api/middleware?phase=&service=&route=&windowMs=  → MiddlewareJson (phase `middleware.*`, 15 minutes if not said)
 *   GET  /api/compare?service=&route=&from=&to=&lastMs=&shiftMs=  → WindowsJson (the last 5 minutes and those before, if not said)
 *   GET  /api/controls, POST /api/controls/{id}  → ControlsJson   (switches of the demo; none in an ordinary collector)
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }

export interface ErrorJson {
  error: { code: string; message: string }
}

export interface SpanJson {
  spanId: string
  parentSpanId: string | null
  recordedParentSpanId: string | null
  synthetic: boolean
  service: string
  host: string
  name: string
  kind: string
  phase: string | null
  start: string
  end: string
  rawStart: string
  rawEnd: string
  selfNs: string
  criticalNs: string
  slackNs: string
  dragNs: string
  depth: number
  error: boolean
  warnings: string[]
  statusMessage: string
  attributes: Record<string, JsonValue>
  events: { time: string; name: string; attributes: Record<string, JsonValue> }[]
}

/** A timeline: `design/TIMELINE.md`'s fields and a little more. */
export interface TimelineJson {
  traceId: string
  version: string
  root: string
  start: string
  end: string
  durationNs: string
  spans: SpanJson[]
  criticalPath: { spanId: string; start: string; end: string }[]
  gaps: { parentSpanId: string; start: string; end: string }[]
  clocks: { host: string; offsetNs: string; lowNs: string | null; highNs: string | null; pairs: number; confidence: string }[]
  phases: Record<string, string>
  warnings: Record<string, number>
  /** The page of this trace in Jaeger, where one is configured. */
  jaegerUrl?: string
}

/** A span with what only its details show. */
export interface SpanDetailJson extends SpanJson {
  traceState: string
  links: { traceId: string; spanId: string; attributes: Record<string, JsonValue> }[]
  resource: Record<string, JsonValue>
  scope: { name: string; version: string }
}

export interface SpansJson {
  spans: SpanDetailJson[]
}

/** Where a span happened, as people think of it: a row of the picture. */
export interface LaneJson {
  kind: 'client' | 'proxy' | 'app' | 'database'
  name: string
}

/**
 * A timeline for drawing: one array per column and every text once, so that 100,000 spans are a few megabytes and no objects.
 * Offsets and durations are numbers of nanoseconds from `start`: exact within 104 days of it (2^53 ns).
 */
export interface OutlineJson {
  traceId: string
  version: string
  /** The line of this timeline in the list, and the text at the top of its page. */
  summary: SummaryJson
  start: string
  durationNs: string
  strings: string[]
  lanes: LaneJson[]
  /** Depth first. `name`, `service`, `phase` and `middleware` are indexes into `strings`, -1 for none; `parent` into the spans. */
  spans: {
    /** The ids of all spans, one after the other, 16 digits each: one text instead of 100,000. */
    ids: string
    parent: number[]
    name: number[]
    service: number[]
    lane: number[]
    phase: number[]
    /** The middleware whose hook it is (its name and place in the chain), the same text for all its hooks. */
    middleware: number[]
    start: number[]
    duration: number[]
    self: number[]
    /** 1 error, 2 synthetic, 4 in flight, 8 times were corrected. */
    flags: number[]
  }
  /**
   * Spans whose times were sent otherwise than they are drawn: how much later their start was, how much longer they were (both may
   * be negative, ns), and the indexes of those of which just this is true.
   */
  sent: [startNs: number, durationNs: number, spans: number[]][]
  /** Spans with warnings: which warnings, and the indexes of those that carry just these. */
  warned: [string[], number[]][]
  /**
   * Triplets: index of the span (of the parent, for gaps) less that of the triplet before; start less the end before; length.
   * Small numbers: the path of 100,000 spans in a row has 200,000 pieces.
   */
  criticalPath: number[]
  gaps: number[]
  clocks: TimelineJson['clocks']
  phases: Record<string, string>
  warnings: Record<string, number>
  jaegerUrl?: string
}

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

export interface StatusJson {
  version: string
  startedAt: string
  spans: { accepted: number; stored: number; dropped: number; refused: number; pending: number }
  traces: number
  storage: { path: string; bytes: number }
  forwarding: { url: string; sent: number; dropped: number; queued: number; lastError: string | null }[]
  /** From the end of a request to the arrival of its timeline, of the last few; null as long as none came. */
  lag: { medianMs: number; worstMs: number; of: number } | null
  /** What was last known of each host's clock. */
  hosts: HostJson[]
  /** What agents that send metrics say of their own cost, by service. */
  agents: AgentJson[]
}

/** The agent in one process. What it costs is of its latest reports; counts are since its first one here. */
export interface AgentJson {
  service: string
  host: string
  pid: number | null
  requests: number
  spansPerRequest: number | null
  /**
   * Time that it took from the app for each request, and of which work (`encode`, `measure`, `send`); recording itself is not in it.
   * Null after fewer than 320 requests: every 16th is measured.
   */
  perRequestNs: string | null
  work: Record<string, string>
  spans: number
  exported: number
  dropped: number
  waiting: number
  /** Requests to the collector that failed. */
  errors: number
  at: string
}

/** A host whose clock was held against that of a host that calls it, by many calls; requests between both are corrected with it. */
export interface HostJson {
  host: string
  /** Who calls it. */
  against: string
  /** Taken from its times, where `against`'s are right. */
  offsetNs: string
  lowNs: string | null
  highNs: string | null
  /** Requests that said so in the last few minutes. */
  pairs: number
  /** `bounded`, or `conflicting` if some of them contradicted most. */
  confidence: string
  at: string
}

/** A switch that the page shows: the demo's traffic, its slow middleware. */
export interface ControlJson {
  id: string
  label: string
  on: boolean
}

export interface ControlsJson {
  controls: ControlJson[]
}

/** A rule about one subject, that is or was over its threshold. Values and thresholds are ms, or 0…1 for a `ratio`. */
export interface AlertJson {
  id: string
  rule: string
  severity: 'info' | 'warning' | 'critical'
  state: 'inactive' | 'pending' | 'firing'
  service: string
  phase: string
  name: string
  hook: string
  route: string
  /** One sentence for people. */
  summary: string
  /** What to do about it. */
  help: string
  figure: string
  unit: 'ms' | 'ratio'
  value: number | null
  threshold: number | null
  count: number
  since: string | null
  firedAt: string | null
  resolvedAt: string | null
  /** The figure over time while it fires or is pending, oldest first; null where there was too little to say. */
  readings: { from: string; stepMs: number; values: (number | null)[] } | null
  /** Trace ids. */
  slowest: string | null
  typical: string | null
}

export interface AlertEventJson {
  at: string
  change: 'firing' | 'resolved' | 'repeated'
  rule: string
  severity: 'info' | 'warning' | 'critical'
  summary: string
  value: number | null
  threshold: number | null
  unit: 'ms' | 'ratio'
}

export interface RuleJson {
  name: string
  severity: 'info' | 'warning' | 'critical'
  figure: string
  /** The rule in words. */
  words: string
  /** How long it must last before it fires. */
  forMs: number
  help: string
}

export interface AlertsJson {
  /** Firing first, then pending, then resolved. */
  alerts: AlertJson[]
  /** Newest first. */
  history: AlertEventJson[]
  rules: RuleJson[]
  targets: { name: string; delivered: number; waiting: number; dropped: number; lastError: string | null }[]
}

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
