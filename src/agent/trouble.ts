import { diag } from '@opentelemetry/api'
import { counters } from './stats.ts'

const said = new Set<string>()

/** An error inside the agent: counted, and said once for each place, through OpenTelemetry's own diagnostics. */
export function trouble(where: string, error: unknown): void {
  counters.internalErrors++
  once(`phaseline: ${where} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, where)
}

/** Says something to whoever reads OpenTelemetry's diagnostics, the first time only. */
export function once(message: string, topic: string = message): void {
  if (said.has(topic) || said.size > 500) return
  said.add(topic)
  diag.warn(message)
}
