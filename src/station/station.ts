import type { AlertEngine } from '../alerts/engine.ts'
import { collect, type Collector, type CollectOptions, type CollectorStats } from '../collector/index.ts'
import { portTaken } from '../collector/listen.ts'
import type { Span } from '../model/span.ts'
import { serve, type ServeOptions, type Serving } from '../query/server.ts'
import type { Stats } from '../query/status.ts'
import { startAlerting, type AlertingOptions } from './alerting.ts'
import { readNginx, type NginxIntake, type NginxSources } from './nginx-intake.ts'

/** A collector with its alerts and its page: what `phaseline collect` and the demo run. */
export interface Station {
  readonly collector: Collector
  readonly serving: Serving
  readonly alerts: AlertEngine
  /** Where OTLP goes. */
  readonly otlp: string
  /** The UDP port that nginx's log is taken on, if asked for. */
  readonly syslogPort: number | undefined
  /** Stops both, after what has come is stored. */
  close(): Promise<void>
}

export type StationOptions = CollectOptions &
  AlertingOptions &
  Pick<ServeOptions, 'port' | 'controls' | 'jaegerUrl' | 'allowedHosts'> & {
    /** Logs of nginx to read. */
    readonly nginx?: NginxSources
  }

/** Opens one. @throws PhaselineError `port_taken` for either port, and what `collect` and `readNginx` throw; then nothing runs */
export async function openStation(options: StationOptions): Promise<Station> {
  const { port, controls, jaegerUrl, allowedHosts, alerts, alertEveryMs, tell, nginx = {}, ...collecting } = options
  const collector = await collect(collecting)
  const alerting = startAlerting(collector, { alerts, alertEveryMs, tell }, options.data)
  let proxies: NginxIntake | undefined
  try {
    const warn = options.warn ?? ((sentence: string) => void process.stderr.write(`phaseline: ${sentence}\n`))
    const sink = {
      add: (spans: readonly Span[]) => collector.add(spans),
      isFull: () => collector.isFull,
      room: () => collector.room(),
      warn,
    }
    const nginxIntake = (proxies = await readNginx(nginx, sink))
    const serving = await serve({
      store: collector.store,
      live: { subscribe: (listener) => collector.on('timeline', listener) },
      stats: () => ({ ...countedWith(collector.stats(), nginxIntake.refused()), otlp: received(collector, options) }),
      onMetrics: (listener) => collector.on('metrics', listener),
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
      otlp: address(/^(0\.0\.0\.0|::)$/.test(options.host ?? '') ? '127.0.0.1' : options.host, collector.otlpPort),
      syslogPort: nginxIntake.syslogPort,
      async close() {
        await nginxIntake.close()
        await serving.close()
        await collector.close()
        await alerting.close()
      },
    }
  } catch (error) {
    await proxies?.close()
    await collector.close()
    await alerting.close()
    if ((error as { code?: unknown }).code === 'port_taken') throw portTaken(error, port ?? 7427, 'the page', '--port')
    throw error
  }
}

/** A URL; IPv6 goes in brackets. */
function address(host = '127.0.0.1', port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Where a collector listens, and whether senders need a token. */
function received({ otlpPort, grpcPort }: Collector, { host, access }: StationOptions): NonNullable<Stats['otlp']> {
  const grpc = grpcPort === undefined ? null : address(host, grpcPort)
  return { http: address(host, otlpPort), grpc, token: access?.token !== undefined }
}

/** A line that was of no use is something that was not taken. */
function countedWith(stats: CollectorStats, refused: number): CollectorStats {
  return { ...stats, refused: stats.refused + refused }
}
