import type { AlertEngine } from '../alerts/engine.ts'
import { collect, type Collector, type CollectOptions } from '../collector/index.ts'
import { portTaken } from '../collector/listen.ts'
import { serve, type ServeOptions, type Serving } from '../query/server.ts'
import { startAlerting, type AlertingOptions } from './alerting.ts'

/** A collector with its alerts and its page: what `phaseline collect` and the demo run. */
export interface Station {
  readonly collector: Collector
  readonly serving: Serving
  readonly alerts: AlertEngine
  /** Where OTLP goes. */
  readonly otlp: string
  /** Stops both, after what has come is stored. */
  close(): Promise<void>
}

export type StationOptions = CollectOptions &
  AlertingOptions &
  Pick<ServeOptions, 'port' | 'controls' | 'jaegerUrl' | 'allowedHosts'>

/** Opens one. @throws PhaselineError `port_taken` for either port, and what `collect` throws; then neither runs */
export async function openStation(options: StationOptions): Promise<Station> {
  const { port, controls, jaegerUrl, allowedHosts, alerts, alertEveryMs, tell, ...collecting } = options
  const collector = await collect(collecting)
  const alerting = startAlerting(collector, { alerts, alertEveryMs, tell }, options.data)
  try {
    const serving = await serve({
      store: collector.store,
      live: { subscribe: (listener) => collector.on('timeline', listener) },
      stats: () => collector.stats(),
      alerts: alerting.engine,
      ...(port !== undefined && { port }),
      ...(controls !== undefined && { controls }),
      ...(jaegerUrl !== undefined && { jaegerUrl }),
      ...(allowedHosts !== undefined && { allowedHosts }),
      ...(options.host !== undefined && { host: options.host }),
    })
    alerting.engine.page = serving.url
    return {
      collector,
      serving,
      alerts: alerting.engine,
      otlp: `http://127.0.0.1:${collector.otlpPort}`,
      async close() {
        await serving.close()
        await collector.close()
        await alerting.close()
      },
    }
  } catch (error) {
    await collector.close()
    await alerting.close()
    if ((error as { code?: unknown }).code === 'port_taken') throw portTaken(error, port ?? 7427, 'the page', '--port')
    throw error
  }
}

/** Resolves at the first signal to end; a second one ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.on(signal, () => process.exit(130))
        resolve()
      })
    }
  })
}
