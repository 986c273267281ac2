import { collect, type Collector, type CollectOptions } from '../collector/index.ts'
import { serve, type ServeOptions, type Serving } from '../query/server.ts'

/** A collector with its page: what `phaseline collect` and the demo run. */
export interface Station {
  readonly collector: Collector
  readonly serving: Serving
  /** Where OTLP goes. */
  readonly otlp: string
  /** Stops both, after what has come is stored. */
  close(): Promise<void>
}

export type StationOptions = CollectOptions & Pick<ServeOptions, 'port' | 'controls' | 'jaegerUrl' | 'allowedHosts'>

/** Opens one. @throws PhaselineError `port_taken` for either port, and what `collect` throws; then neither runs */
export async function openStation(options: StationOptions): Promise<Station> {
  const { port, controls, jaegerUrl, allowedHosts, ...collecting } = options
  const collector = await collect(collecting)
  try {
    const serving = await serve({
      store: collector.store,
      live: { subscribe: (listener) => collector.on('timeline', listener) },
      stats: () => collector.stats(),
      ...(port !== undefined && { port }),
      ...(controls !== undefined && { controls }),
      ...(jaegerUrl !== undefined && { jaegerUrl }),
      ...(allowedHosts !== undefined && { allowedHosts }),
      ...(options.host !== undefined && { host: options.host }),
    })
    return {
      collector,
      serving,
      otlp: `http://127.0.0.1:${collector.otlpPort}`,
      async close() {
        await serving.close()
        await collector.close()
      },
    }
  } catch (error) {
    await collector.close()
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
