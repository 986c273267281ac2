import { endpointOf, gzipped, reader, type Config, type Environment } from './config.ts'

/** Where metrics go, and how often. */
export interface MetricsConfig extends Pick<Config, 'endpoint' | 'headers' | 'timeout' | 'gzip'> {
  /** ms between two exports. */
  readonly interval: number
}

/**
 * Reads OpenTelemetry's variables for metrics. Unlike there, none are sent unless somebody asks: every app has traces of us,
 * but a backend that takes metrics is not everywhere.
 * @param wanted what the caller says; undefined: `OTEL_METRICS_EXPORTER` decides
 * @returns undefined if there are to be none
 */
export function readMetricsConfig(
  env: Environment,
  wanted: boolean | undefined,
  warn: (message: string) => void,
): MetricsConfig | undefined {
  const exporter = env['OTEL_METRICS_EXPORTER'] || 'none'
  if (!(wanted ?? exporter === 'otlp')) {
    if (exporter !== 'none' && exporter !== 'otlp') warn(`OTEL_METRICS_EXPORTER=${exporter} is not supported, none is used`)
    return undefined
  }
  const read = reader(env, warn)
  const general = read.number('OTEL_EXPORTER_OTLP_TIMEOUT', 10_000)
  return {
    endpoint: endpointOf(env, 'metrics', warn),
    headers: { ...read.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...read.pairs('OTEL_EXPORTER_OTLP_METRICS_HEADERS') },
    timeout: read.number('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', general),
    gzip: gzipped(env, 'metrics', warn),
    interval: Math.max(100, read.number('OTEL_METRIC_EXPORT_INTERVAL', 60_000)),
  }
}
