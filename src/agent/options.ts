import type { TracerProvider } from '@opentelemetry/api'
import type { AttributeValue } from '../model/attributes.ts'
import type { Keep } from './export/choosing-exit.ts'
import type { Environment } from './config.ts'
import type { ApiSampler } from './sampler.ts'
import type { Processor } from './export/standard-exit.ts'

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

/** The environment, with what the caller says in the words of `OTEL_*`. */
export function environment({ env = process.env, endpoint, serviceName }: AgentOptions): Environment {
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
