import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { context, propagation, trace } from '@opentelemetry/api'
import type { AttributeValue } from '../model/attributes.ts'
import { observe } from '../model/observer.ts'
import { unwatched } from '../model/unwatched.ts'
import { encodeResource } from '../otlp/encode.ts'
import { readConfig, type Config, type Environment } from './config.ts'
import type { Exit } from './exit.ts'
import { Exporter } from './exporter.ts'
import { FastExit } from './fast-exit.ts'
import { RecordKeeper } from './keeper.ts'
import { limits } from './limits.ts'
import { AgentObserver } from './observer.ts'
import type { Destination } from './post.ts'
import { beforeEnd, LAST_FLUSH } from './process-end.ts'
import { propagator } from './propagator.ts'
import { resourceAttributes } from './resource.ts'
import { contextManager, ownStorage } from './storage.ts'
import { AgentTracerProvider } from './tracer.ts'

/** What a caller may say beside the environment. */
export interface AgentOptions {
  /** `service.name`; goes before `OTEL_SERVICE_NAME`. */
  readonly serviceName?: string
  /** Further resource attributes. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  /** Where OTLP goes, without `/v1/traces`; goes before `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint?: string
  /** Instead of `process.env`. */
  readonly env?: Environment
}

/** A running agent. */
export interface Agent {
  /** Resolves when all that has ended was sent or given up, or after so many ms (10,000). Never rejects. */
  flush(timeout?: number): Promise<void>
  /** Sends everything, open phases too, and stops watching. Never rejects. */
  shutdown(timeout?: number): Promise<void>
}

/** Bytes that may wait for the collector. */
const QUEUE_BYTES = 16 << 20
/** Bytes of a request to the collector. */
const BATCH_BYTES = 512 << 10

/** Starts to observe, and registers with OpenTelemetry's API. @returns undefined if the environment says not to */
export async function startAgent(options: AgentOptions = {}): Promise<Agent | undefined> {
  const config = readConfig(environment(options), warn)
  if (config.disabled || config.exporter === 'none') return undefined
  Object.assign(limits, config.limits)
  const exit: Exit = await fastExit(config, options, (fn) => ownStorage.run(observer.silent, fn))
  const keeper = new RecordKeeper(exit)
  const observer = new AgentObserver(keeper, config.sampler, ownStorage)
  const undo = [observe(observer), register(observer, config)]
  const flush = (timeout = 10_000): Promise<void> => exit.flush(timeout)
  const last = (): Promise<void> => {
    keeper.abandonAll()
    return exit.flush(LAST_FLUSH)
  }
  undo.push(beforeEnd(last))
  return {
    flush,
    async shutdown(timeout = 10_000) {
      keeper.abandonAll()
      for (const back of undo.splice(0)) back()
      await exit.shutdown(timeout)
    },
  }
}

function environment({ env = process.env, endpoint, serviceName }: AgentOptions): Environment {
  return {
    ...env,
    ...(endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined }),
    ...(serviceName === undefined ? {} : { OTEL_SERVICE_NAME: serviceName }),
  }
}

function warn(message: string): void {
  process.stderr.write(`phaseline: ${message}\n`)
}

async function fastExit(config: Config, options: AgentOptions, silently: (fn: () => void) => void): Promise<Exit> {
  const resource = encodeResource(resourceAttributes(config, options.attributes))
  const exporter = new Exporter(
    await destinationOf(config),
    { queueBytes: QUEUE_BYTES, queueSpans: config.queueSpans ?? Infinity },
    silently,
  )
  return new FastExit(exporter, resource, { delay: config.delay, bytes: BATCH_BYTES, spans: config.batchSpans ?? Infinity })
}

/** node:https is loaded only where it is needed: TLS costs some ms at the start. */
async function destinationOf({ endpoint: url, headers, timeout, gzip }: Config): Promise<Destination> {
  const keepAlive = { keepAlive: true, maxSockets: 4 }
  if (url.protocol === 'http:')
    return { url, headers, timeout, gzip, agent: unwatched(new HttpAgent(keepAlive)), request: httpRequest }
  const https = await import('node:https')
  return { url, headers, timeout, gzip, agent: unwatched(new https.Agent(keepAlive)), request: https.request }
}

/** Makes OpenTelemetry's API work on our records. @returns undo */
function register(observer: AgentObserver, config: Config): () => void {
  context.setGlobalContextManager(contextManager)
  trace.setGlobalTracerProvider(new AgentTracerProvider(observer))
  propagation.setGlobalPropagator(propagator(config.propagated))
  return () => {
    context.disable()
    trace.disable()
    propagation.disable()
  }
}
