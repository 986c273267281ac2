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
  /** Which series it speaks of: `service`, `phase`, `name`, `hook`, `route`; `*` stands for anything. */
  where: Partial<Record<'service' | 'phase' | 'name' | 'hook' | 'route', string>>
  /** The rule as a sentence. */
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
