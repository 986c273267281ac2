export interface StatusJson {
  version: string
  startedAt: string
  spans: { accepted: number; stored: number; dropped: number; refused: number; pending: number }
  traces: number
  storage: { path: string; bytes: number }
  /** Where spans are received: `http://127.0.0.1:4318`; `0.0.0.0` is any address of the machine. `token`: senders must have one. */
  otlp: { http: string; grpc: string | null; token: boolean } | null
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
