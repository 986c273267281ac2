import { endpointOf, gzipped, reader, type Config, type Environment, type Reader } from '../config.ts'

/** Where a signal goes over OTLP. */
export type OtlpTarget = Pick<Config, 'endpoint' | 'headers' | 'timeout' | 'gzip'>

/** Where this process serves `/metrics`. */
export interface ScrapeAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** Where metrics go, and how often. */
export interface MetricsConfig {
  /** Undefined: they are not sent. */
  readonly otlp: OtlpTarget | undefined
  /** Undefined: they are not served. */
  readonly prometheus: ScrapeAddress | undefined
  /** ms between two exports. */
  readonly interval: number
}

/**
 * Reads OpenTelemetry's variables for metrics. Unlike there, none are sent unless somebody asks: every app has traces of us,
 * but a backend that takes metrics is not everywhere.
 * @param wanted what the caller says: true, they are sent; false, there are none; undefined: `OTEL_METRICS_EXPORTER`, a list, decides
 * @returns undefined if there are to be none
 */
export function readMetricsConfig(
  env: Environment,
  wanted: boolean | undefined,
  warn: (message: string) => void,
): MetricsConfig | undefined {
  if (wanted === false) return undefined
  const exporters = exportersOf(env['OTEL_METRICS_EXPORTER'], warn)
  if (wanted === true) exporters.add('otlp')
  if (exporters.size === 0) return undefined
  const read = reader(env, warn)
  return {
    otlp: exporters.has('otlp') ? otlpOf(env, read, warn) : undefined,
    prometheus: exporters.has('prometheus') ? addressOf(env, read, warn) : undefined,
    interval: Math.max(100, read.number('OTEL_METRIC_EXPORT_INTERVAL', 60_000)),
  }
}

const KNOWN = ['otlp', 'prometheus'] as const

function exportersOf(text: string | undefined, warn: (message: string) => void): Set<(typeof KNOWN)[number]> {
  const names = (text ?? '').split(',').map((name) => name.trim())
  const strange = names.filter((name) => !['', 'none', ...KNOWN].includes(name))
  const found = new Set(KNOWN.filter((name) => names.includes(name)))
  const used = found.size === 0 ? 'none is used' : 'it is left out'
  if (strange.length > 0) warn(`OTEL_METRICS_EXPORTER=${strange.join(',')} is not supported, ${used}`)
  return found
}

function otlpOf(env: Environment, read: Reader, warn: (message: string) => void): OtlpTarget {
  const general = read.number('OTEL_EXPORTER_OTLP_TIMEOUT', 10_000)
  return {
    endpoint: endpointOf(env, 'metrics', warn),
    headers: { ...read.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...read.pairs('OTEL_EXPORTER_OTLP_METRICS_HEADERS') },
    timeout: read.number('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', general),
    gzip: gzipped(env, 'metrics', warn),
  }
}

const DEFAULT_PORT = 9464

function addressOf(env: Environment, read: Reader, warn: (message: string) => void): ScrapeAddress {
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST']?.trim() || '127.0.0.1'
  const port = read.number('OTEL_EXPORTER_PROMETHEUS_PORT', DEFAULT_PORT)
  if (Number.isInteger(port) && port < 65_536) return { host, port }
  warn(`OTEL_EXPORTER_PROMETHEUS_PORT=${port} is no port, ${DEFAULT_PORT} is used`)
  return { host, port: DEFAULT_PORT }
}
