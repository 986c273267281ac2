import type { InFlightRequest } from './agent/in-flight.ts'
import type { AgentOptions } from './agent/options.ts'
import { startAgent, type Agent } from './agent/start.ts'
import { watchClients } from './client/watch.ts'
import { watchDatabases } from './database/watch.ts'
import { watchExpress } from './express/watch.ts'
import { watchServerTiming, type Told } from './gateway/server-timing.ts'
import { watchServers } from './gateway/watch.ts'
import type { AttributeValue } from './model/attributes.ts'
import { Label } from './model/label.ts'
import { phase as around } from './model/observer.ts'

export { wrap } from './express/wrap.ts'
export { stats, type Stats } from './agent/stats.ts'
export type { InFlightRequest, OpenPhase } from './agent/in-flight.ts'
export { watchModel, model } from './database/model.ts'
export { watchPostgres, type Postgres } from './database/postgres.ts'

/** What `start` may be told beside the environment. */
export interface StartOptions extends AgentOptions {
  /**
   * Whether answers tell the browser, in the `Server-Timing` header, where their time went (true), or just which trace they belong
   * to, which is what `phaseline/browser` needs (`traceparent`); goes before `PHASELINE_SERVER_TIMING` (1, 0 or traceparent). By
   * default all, and nothing if `NODE_ENV` is `production`: everybody can read it.
   */
  readonly serverTiming?: boolean | Told
}

let running: Promise<Agent | undefined> | undefined
let agent: Agent | undefined
let undo: (() => void)[] = []

/**
 * Starts tracing: every request that this process takes becomes a timeline, sent to an OTLP collector. `OTEL_*` variables
 * mean what OpenTelemetry says. Call it before the app is imported, or use `node --import phaseline/register`.
 * A second call does nothing. Never throws: the app comes first.
 */
export async function start(options: StartOptions = {}): Promise<void> {
  running ??= begin(options)
  await running
}

async function begin(options: StartOptions): Promise<Agent | undefined> {
  agent = await startAgent(options)
  if (agent === undefined) return undefined
  undo = [watchServers(), watchExpress(), watchClients(), watchDatabases()]
  const told = serverTiming(options)
  if (told !== undefined) undo.push(watchServerTiming(told))
  return agent
}

function serverTiming({ serverTiming: option, env = process.env }: StartOptions): Told | undefined {
  const said = option ?? (env['PHASELINE_SERVER_TIMING'] || String(env['NODE_ENV'] !== 'production'))
  if (said === 'traceparent') return said
  return said === false || said === 'false' || said === '0' ? undefined : 'all'
}

/**
 * Sends what has been recorded. Resolves when it has arrived or was given up.
 * @param timeout ms after which it resolves in any case (10,000)
 */
export async function flush(timeout?: number): Promise<void> {
  await (await running)?.flush(timeout)
}

/**
 * The requests that have not ended, the oldest first: since when, and which phase they are in. Knows those that are recorded:
 * the sampled ones, or all with metrics or `keep`.
 */
export function inFlight(): InFlightRequest[] {
  return agent?.inFlight() ?? []
}

/** Sends what has been recorded, requests that are still open too, and stops tracing. @param timeout as for `flush` */
export async function shutdown(timeout?: number): Promise<void> {
  const stopping = await running
  for (const back of undo.splice(0)) back()
  running = agent = undefined
  await stopping?.shutdown(timeout)
}

const named = new Map<string, Label>()

/**
 * A span of your own around a call, synchronous or not: current inside, ended with it, failed with what it throws or rejects.
 * Outside a request it is just the call.
 * @param name low-cardinality: no ids, no raw paths
 * @param attributes the same for every call under this name
 */
export function phase<Result>(name: string, fn: () => Result, attributes: Readonly<Record<string, AttributeValue>> = {}): Result {
  let label = named.get(name)
  if (label === undefined) {
    if (named.size >= 500) named.clear()
    named.set(name, (label = new Label(null, name, attributes)))
  }
  return around(label, fn)
}
