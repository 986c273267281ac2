import { connect, isIP } from 'node:net'
import type { Attributes } from '../../model/attributes.ts'
import { encodeResource } from '../../otlp/encode.ts'
import type { Choice } from './choosing-exit.ts'
import type { Config } from '../config.ts'
import { Connections } from './connections.ts'
import type { Exit } from './exit.ts'
import { Exporter, type Persistence } from './exporter.ts'
import { FastExit } from './fast-exit.ts'
import type { Host } from '../host.ts'
import type { Meter } from '../metrics/meter.ts'
import type { MetricsConfig, OtlpTarget } from '../metrics/metrics-config.ts'
import type { AgentOptions } from '../options.ts'
import type { Destination } from './post.ts'
import { OwnResource } from '../resource.ts'
import { StandardExit } from './standard-exit.ts'

/** Bytes that may wait for the collector. */
const QUEUE_BYTES = 16 << 20
/** The same for metrics, which are few. */
const METRICS_QUEUE: Persistence = { queueBytes: 4 << 20, queueSpans: Infinity }
/**
 * Bytes of a request to the collector: under the megabyte (10^6) where the first backends refuse one. Each request costs the app
 * about 60 µs, whatever its size.
 */
const BATCH_BYTES = 900_000

/** Where the spans leave: to the processors of an SDK, else to the collector. */
export async function exitFor(
  config: Config,
  { spanProcessors }: AgentOptions,
  host: Host | undefined,
  resource: Attributes,
  silently: Silently,
): Promise<Exit> {
  if (host?.processor !== undefined) return new StandardExit([host.processor], host.resource, false)
  if (spanProcessors !== undefined) return new StandardExit(spanProcessors, new OwnResource(resource), true)
  const exporter = await exporterFor(config, { queueBytes: QUEUE_BYTES, queueSpans: config.queueSpans ?? Infinity }, silently)
  const batching = { delay: config.delay, bytes: BATCH_BYTES, spans: config.batchSpans ?? Infinity }
  return new FastExit(exporter, encodeResource(resource), batching)
}

/** Runs a function such that its own requests are not traced. */
export type Silently = (fn: () => void) => void

async function exporterFor(to: OtlpTarget, persistence: Persistence, silently: Silently): Promise<Exporter> {
  return new Exporter(await destinationOf(to), persistence, silently)
}

/** What measures and chooses is loaded only where it is wanted, as everything that costs at the start. */
export async function meterFor(
  { otlp, prometheus, interval }: MetricsConfig,
  resource: Attributes,
  silently: Silently,
): Promise<Meter> {
  const { Meter } = await import('../metrics/meter.ts')
  const exporter = otlp && (await exporterFor(otlp, METRICS_QUEUE, silently))
  const totals = prometheus && new (await import('../metrics/totals.ts')).Totals()
  return new Meter(exporter, totals, encodeResource(resource), interval)
}

/** What decides, when a request is over, what of it leaves by the inner exit. */
export async function choosingExit(inner: Exit | undefined, choice: Choice): Promise<Exit> {
  const { ChoosingExit } = await import('./choosing-exit.ts')
  return new ChoosingExit(inner, choice)
}

/** node:tls is loaded only where it is needed: it costs some ms at the start. */
async function destinationOf({ endpoint: url, headers, timeout, gzip }: OtlpTarget): Promise<Destination> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol === 'http:') {
    const port = Number(url.port || 80)
    return { url, headers, timeout, gzip, connections: new Connections(() => connect({ host, port, noDelay: true })) }
  }
  const tls = await import('node:tls')
  const to = { host, port: Number(url.port || 443), noDelay: true, ALPNProtocols: ['http/1.1'] }
  const servername = isIP(host) === 0 ? host : ''
  return { url, headers, timeout, gzip, connections: new Connections(() => tls.connect({ ...to, servername })) }
}
