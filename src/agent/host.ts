import { trace } from '@opentelemetry/api'
import type { Attributes } from '../model/attributes.ts'
import type { SdkResource } from './export/readable.ts'
import type { ApiSampler } from './sampler.ts'
import type { Processor } from './export/standard-exit.ts'

/** An OpenTelemetry SDK that the app has started itself, before us. */
export interface Host {
  /** Undefined: it is none that we know how to give spans to. */
  readonly processor: Processor | undefined
  readonly resource: SdkResource
  readonly sampler: ApiSampler | undefined
}

/** The fields of the SDK's tracer provider: there is no public way to hand it a span that was not begun by its own tracer. */
interface Provider {
  getDelegate?(): Provider
  _activeSpanProcessor?: Partial<Processor>
  _resource?: SdkResource
  _tracerOptions?: { sampler?: ApiSampler }
}

/** Finds the app's SDK; undefined if OpenTelemetry's API is still free. */
export function findHost(): Host | undefined {
  const global = (globalThis as { [key: symbol]: { trace?: unknown } | undefined })[Symbol.for('opentelemetry.js.api.1')]
  if (global?.trace === undefined) return undefined
  const proxy = trace.getTracerProvider() as Provider
  const provider = proxy.getDelegate?.() ?? proxy
  const { _activeSpanProcessor: processor, _resource: resource = { attributes: {} }, _tracerOptions: options } = provider
  const usable = typeof processor?.onStart === 'function' && typeof processor.onEnd === 'function'
  return { processor: usable ? (processor as Processor) : undefined, resource, sampler: options?.sampler }
}

/** What an SDK knows of its process by now: asked for `attributes` while its detectors are still looking, it logs an error. */
export function knownAttributes(resource: SdkResource): Attributes {
  const raw = resource.getRawAttributes?.() ?? Object.entries(resource.attributes)
  return Object.fromEntries(raw.toReversed().filter(([, value]) => isKnown(value))) as Attributes
}

function isKnown(value: unknown): boolean {
  return Array.isArray(value) || ['string', 'number', 'boolean'].includes(typeof value)
}
