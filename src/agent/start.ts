import { connect, isIP } from 'node:net'
import { context, propagation, trace, type TracerProvider } from '@opentelemetry/api'
import type { Attributes, AttributeValue } from '../model/attributes.ts'
import { carried, carry } from '../model/carried.ts'
import { observe } from '../model/observer.ts'
import { encodeResource } from '../otlp/encode.ts'
import { readConfig, type Config, type Environment } from './config.ts'
import type { Choice, Keep } from './choosing-exit.ts'
import type { Exit } from './exit.ts'
import type { Exposed } from './exposed.ts'
import { Exporter, type Persistence } from './exporter.ts'
import { FastExit } from './fast-exit.ts'
import { RecordKeeper } from './keeper.ts'
import { findHost, type Host } from './host.ts'
import { keepTickClass } from './hidden-class.ts'
import { hanging, inFlight, watchOpen, type InFlightRequest } from './in-flight.ts'
import { limits } from './limits.ts'
import type { Meter } from './meter.ts'
import { readMetricsConfig, type MetricsConfig, type OtlpTarget, type ScrapeAddress } from './metrics-config.ts'
import { AgentObserver } from './observer.ts'
import { Connections } from './connections.ts'
import type { Destination } from './post.ts'
import { beforeEnd, LAST_FLUSH } from './process-end.ts'
import { propagator } from './propagator.ts'
import { OwnResource, resourceAttributes } from './resource.ts'
import { fromApiSampler, type ApiSampler, type Sampler } from './sampler.ts'
import { StandardExit, type Processor } from './standard-exit.ts'
import { counters } from './stats.ts'
import { apiStorage, contextManager, ownStorage } from './storage.ts'
import { AgentTracerProvider } from './tracer.ts'
import { trouble } from './trouble.ts'

/** What a caller may say beside the environment. */
export interface AgentOptions {
  /** `service.name`; goes before `OTEL_SERVICE_NAME`. */
  readonly serviceName?: string
  /** Further resource attributes. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Where OTLP goes, without `/v1/traces`; goes before `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint?: string
  /** Span processors of OpenTelemetry's SDK: spans go to these, instead of the collector. */
  readonly spanProcessors?: readonly Processor[]
  /** Instrumentations of OpenTelemetry: their spans nest under our phases. */
  readonly instrumentations?: readonly Instrumentation[]
  /** A sampler of OpenTelemetry's SDK; goes before `OTEL_TRACES_SAMPLER`. */
  readonly sampler?: ApiSampler
  /**
   * Histograms of every phase of every request, sampled or not: true, they are sent over OTLP; false, there are none. By default
   * `OTEL_METRICS_EXPORTER` decides, a list of `otlp` and `prometheus`, and `none` if it is not set. `prometheus`, which true
   * leaves as it is, serves them at `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`, 127.0.0.1:9464.
   */
  readonly metrics?: boolean
  /**
   * Requests that leave although they were not sampled, because they turned out slow or failed. Everything is recorded, and
   * decided at the end; what is propagated to others is still the sampler's decision. Goes before `PHASELINE_KEEP_SLOWER_MS`,
   * which keeps failed ones too.
   */
  readonly keep?: Keep
  /** `interesting`: of the phases that are short, fine and have nothing inside, only a sum is sent. By default `all`. */
  readonly spans?: 'all' | 'interesting'
  /** Instead of `process.env`. */
  readonly env?: Environment
}

/** An instrumentation of OpenTelemetry, as far as we call it. */
interface Instrumentation {
  setTracerProvider(provider: TracerProvider): void
  enable(): void
  disable(): void
}

/** A running agent. */
export interface Agent {
  /** Resolves when all that has ended was sent or given up, or after so many ms (10,000). Never rejects. */
  flush(timeout?: number): Promise<void>
  /** Sends everything, open phases too, and stops watching. Never rejects. */
  shutdown(timeout?: number): Promise<void>
  /** The recorded requests that have not ended, the oldest first. */
  inFlight(): InFlightRequest[]
}

/** Bytes that may wait for the collector. */
const QUEUE_BYTES = 16 << 20
/** The same for metrics, which are few. */
const METRICS_QUEUE: Persistence = { queueBytes: 4 << 20, queueSpans: Infinity }
/**
 * Bytes of a request to the collector: under the megabyte (10^6) where the first backends refuse one. Each request costs the app
 * about 60 µs, whatever its size.
 */
const BATCH_BYTES = 900_000

/**
 * Starts to observe. Where OpenTelemetry's API is free, it works on our records from now on; where the app runs an SDK of its
 * own, its context, sampler and span processors are used. @returns undefined if the environment says not to
 */
export async function startAgent(options: AgentOptions = {}): Promise<Agent | undefined> {
  const config = readConfig(environment(options), warn)
  const host = findHost()
  const metrics = readMetricsConfig(environment(options), options.metrics, warn)
  const spans = config.exporter !== 'none' || options.spanProcessors !== undefined || host?.processor !== undefined
  if (config.disabled || !(spans || metrics)) return undefined
  Object.assign(limits, config.limits)
  keepTickClass()
  const storage = host === undefined ? ownStorage : apiStorage
  const silently = (fn: () => void): void => storage.run(observer.silent, fn)
  const resource = (host?.resource.attributes as Attributes) ?? resourceAttributes(config, options.attributes)
  const inner = spans ? await exitFor(config, options, host, resource, silently) : undefined
  const keep = options.keep ?? config.keep
  const meter = metrics && (await meterFor(metrics, resource, silently))
  const choosing = meter !== undefined || keep !== undefined || options.spans === 'interesting'
  const exit = choosing || inner === undefined ? await choosingExit(inner, { meter, keep, spans: options.spans }) : inner
  const keeper = new RecordKeeper(exit)
  const observer = new AgentObserver(keeper, samplerFor(config, options, host), storage, (meter ?? keep) !== undefined)
  const before = carried
  carry(config.propagated)
  const undo = [observe(observer), () => carry(before), ...register(observer, config, options, host)]
  const last = (): Promise<void> => {
    keeper.abandonAll()
    return exit.flush(LAST_FLUSH)
  }
  const lastGasp = (): void => {
    keeper.abandonAll()
    exit.lastGasp()
  }
  undo.push(beforeEnd(last, lastGasp))
  // The processors of an SDK want each span once, when it is over.
  if (inner instanceof FastExit) undo.push(watchOpen(keeper, inner, keep?.slowerThanMs))
  if (metrics?.prometheus !== undefined && meter?.totals !== undefined) {
    const { book, totals } = meter
    const own: Exposed = { book, totals, hanging: (visit) => hanging(keeper, visit), counters, resource }
    undo.push(await scrapes(metrics.prometheus, own, silently))
  }
  return {
    flush: (timeout = 10_000) => exit.flush(timeout),
    async shutdown(timeout = 10_000) {
      keeper.abandonAll()
      for (const back of undo.splice(0)) back()
      await exit.shutdown(timeout)
    },
    inFlight: () => inFlight(keeper),
  }
}

function environment({ env = process.env, endpoint, serviceName }: AgentOptions): Environment {
  return {
    ...env,
    ...(endpoint === undefined
      ? {}
      : {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
          OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: undefined,
        }),
    ...(serviceName === undefined ? {} : { OTEL_SERVICE_NAME: serviceName }),
  }
}

function warn(message: string): void {
  process.stderr.write(`phaseline: ${message}\n`)
}

async function exitFor(
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
type Silently = (fn: () => void) => void

async function exporterFor(to: OtlpTarget, persistence: Persistence, silently: Silently): Promise<Exporter> {
  return new Exporter(await destinationOf(to), persistence, silently)
}

/** What measures and chooses is loaded only where it is wanted, as everything that costs at the start. */
async function meterFor({ otlp, prometheus, interval }: MetricsConfig, resource: Attributes, silently: Silently): Promise<Meter> {
  const { Meter } = await import('./meter.ts')
  const exporter = otlp && (await exporterFor(otlp, METRICS_QUEUE, silently))
  const totals = prometheus && new (await import('./totals.ts')).Totals()
  return new Meter(exporter, totals, encodeResource(resource), interval)
}

/** Serves what the meter has, and what runs now. @returns undo */
async function scrapes(address: ScrapeAddress, own: Exposed, silently: Silently): Promise<() => void> {
  const [{ serveMetrics }, { exposed }] = await Promise.all([import('./prometheus.ts'), import('./exposed.ts')])
  return serveMetrics(address, { families: () => exposed(own), silently, say: warn, trouble })
}

async function choosingExit(inner: Exit | undefined, choice: Choice): Promise<Exit> {
  const { ChoosingExit } = await import('./choosing-exit.ts')
  return new ChoosingExit(inner, choice)
}

function samplerFor(config: Config, { sampler }: AgentOptions, host: Host | undefined): Sampler {
  const given = sampler ?? host?.sampler
  return given === undefined ? config.sampler : fromApiSampler(given)
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

/** Makes OpenTelemetry's API work on our records, unless it is taken, and starts the instrumentations. @returns undo */
function register(
  observer: AgentObserver,
  config: Config,
  { instrumentations = [] }: AgentOptions,
  host: Host | undefined,
): (() => void)[] {
  const provider = new AgentTracerProvider(observer)
  for (const instrumentation of instrumentations) {
    instrumentation.setTracerProvider(provider)
    instrumentation.enable()
  }
  const undo = instrumentations.map((instrumentation) => () => instrumentation.disable())
  if (host !== undefined) return undo
  context.setGlobalContextManager(contextManager)
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator(propagator(config.propagated))
  return [...undo, () => context.disable(), () => trace.disable(), () => propagation.disable()]
}
