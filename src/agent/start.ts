import { context, propagation, trace } from '@opentelemetry/api'
import { carried, carry } from '../model/carried.ts'
import { observe } from '../model/observer.ts'
import { readConfig, type Config } from './config.ts'
import { choosingExit, exitFor, meterFor, type Silently } from './export/exits.ts'
import type { Exposed } from './metrics/exposed.ts'
import { FastExit } from './export/fast-exit.ts'
import { keepTickClass } from './hidden-class.ts'
import { findHost, knownAttributes, type Host } from './host.ts'
import { hanging, inFlight, watchOpen, type InFlightRequest } from './in-flight.ts'
import { RecordKeeper } from './keeper.ts'
import { limits } from './limits.ts'
import { readMetricsConfig, type ScrapeAddress } from './metrics/metrics-config.ts'
import { AgentObserver } from './observer.ts'
import { environment, type AgentOptions } from './options.ts'
import { beforeEnd } from './process-end.ts'
import { propagator } from './propagator.ts'
import { resourceAttributes } from './resource.ts'
import { fromApiSampler, type Sampler } from './sampler.ts'
import { counters } from './stats.ts'
import { apiStorage, contextManager, ownStorage } from './storage.ts'
import { AgentTracerProvider } from './tracer.ts'
import { trouble } from './trouble.ts'

/** A running agent. */
export interface Agent {
  /** Resolves when all that has ended was sent or given up, or after so many ms (10,000). Never rejects. */
  flush(timeout?: number): Promise<void>
  /** Sends everything, open phases too, and stops watching. Never rejects. */
  shutdown(timeout?: number): Promise<void>
  /** The recorded requests that have not ended, the oldest first. */
  inFlight(): InFlightRequest[]
}

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
  const resource = host === undefined ? resourceAttributes(config, options.attributes) : knownAttributes(host.resource)
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
  const last = (timeout: number): Promise<void> => {
    keeper.abandonAll()
    return exit.flush(timeout)
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

function warn(message: string): void {
  process.stderr.write(`phaseline: ${message}\n`)
}

/** Serves what the meter has, and what runs now. @returns undo */
async function scrapes(address: ScrapeAddress, own: Exposed, silently: Silently): Promise<() => void> {
  const [{ serveMetrics }, { exposed }] = await Promise.all([import('./metrics/prometheus.ts'), import('./metrics/exposed.ts')])
  return serveMetrics(address, { families: () => exposed(own), silently, say: warn, trouble })
}

function samplerFor(config: Config, { sampler }: AgentOptions, host: Host | undefined): Sampler {
  const given = sampler ?? host?.sampler
  return given === undefined ? config.sampler : fromApiSampler(given)
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
