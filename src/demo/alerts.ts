import type { AlertConfig } from '../alerts/config.ts'
import { DEFAULT_CONFIG } from '../alerts/config.ts'

/** The default rules, with windows short enough to see an alert come and go while one watches. */
export const DEMO_ALERTS: AlertConfig = {
  ...DEFAULT_CONFIG,
  rules: DEFAULT_CONFIG.rules.map((rule) =>
    rule.figure === 'in_flight_age' ? rule : { ...rule, window: 60_000, for: 20_000, minCount: 10 },
  ),
}
