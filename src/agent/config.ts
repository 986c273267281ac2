import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import type { Propagated } from './propagator.ts'
import { alwaysOff, alwaysOn, parentBased, traceIdRatio, type Sampler } from './sampler.ts'

/** What the environment says, with OpenTelemetry's variables and defaults. */
export interface Config {
  readonly disabled: boolean
  readonly exporter: 'otlp' | 'none'
  readonly serviceName: string | undefined
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  /** ms. */
  readonly timeout: number
  readonly gzip: boolean
  readonly sampler: Sampler
  readonly propagated: Propagated
  readonly limits: Limits
  /** What is kept although it is not sampled. */
  readonly keep: { readonly slowerThanMs: number; readonly errors: boolean } | undefined
  /** ms between two exports. */
  readonly delay: number
  /** Undefined: not limited by number, see `Exporter`. */
  readonly queueSpans: number | undefined
  readonly batchSpans: number | undefined
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the configuration.
 * @param warn told in one sentence of each value that is not understood; the default is used in its place
 */
export function readConfig(env: Environment, warn: (message: string) => void): Config {
  const read = reader(env, warn)
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/protobuf'
  if (protocol !== 'http/protobuf') warn(`OTEL_EXPORTER_OTLP_PROTOCOL=${protocol} is not supported, http/protobuf is used`)
  return {
    disabled: read.flag('OTEL_SDK_DISABLED'),
    exporter: exporterOf(env['OTEL_TRACES_EXPORTER'], warn),
    serviceName: env['OTEL_SERVICE_NAME'] || undefined,
    resourceAttributes: read.pairs('OTEL_RESOURCE_ATTRIBUTES'),
    endpoint: endpointOf(env, 'traces', warn),
    headers: { ...read.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...read.pairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS') },
    timeout: read.number('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', read.number('OTEL_EXPORTER_OTLP_TIMEOUT', 10_000)),
    gzip: gzipped(env, 'traces', warn),
    sampler: samplerOf(env, warn),
    propagated: propagatedOf(env['OTEL_PROPAGATORS'], warn),
    limits: limitsOf(read),
    keep: keepOf(env, read),
    delay: read.number('OTEL_BSP_SCHEDULE_DELAY', 5_000),
    queueSpans: env['OTEL_BSP_MAX_QUEUE_SIZE'] ? read.number('OTEL_BSP_MAX_QUEUE_SIZE', 2_048) : undefined,
    batchSpans: env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'] ? read.number('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512) : undefined,
  }
}

export interface Reader {
  flag(name: string): boolean
  number(name: string, otherwise: number): number
  pairs(name: string): Record<string, string>
}

/** Reads variables by kind; what is not understood is told of, and the default taken. */
export function reader(env: Environment, warn: (message: string) => void): Reader {
  return {
    flag: (name) => env[name]?.trim().toLowerCase() === 'true',
    number(name, otherwise) {
      const text = env[name]?.trim()
      if (text === undefined || text === '') return otherwise
      const value = Number(text)
      if (Number.isFinite(value) && value >= 0) return value
      warn(`${name}=${text} is no number, ${otherwise} is used`)
      return otherwise
    },
    pairs: (name) => pairsOf(name, env[name], warn),
  }
}

/** `key=value,key=value`, percent-encoded, as the W3C baggage header has it. */
function pairsOf(name: string, text: string | undefined, warn: (message: string) => void): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const part of (text ?? '').split(',')) {
    const at = part.indexOf('=')
    if (part.trim() === '') continue
    try {
      if (at <= 0) throw new Error('no key')
      pairs[decodeURIComponent(part.slice(0, at).trim())] = decodeURIComponent(part.slice(at + 1).trim())
    } catch {
      // The value may be a secret (headers), so only the name is said.
      warn(`${name} has an entry that is no key=value, it is left out`)
    }
  }
  return pairs
}

function exporterOf(name: string | undefined, warn: (message: string) => void): 'otlp' | 'none' {
  if (name === 'none') return 'none'
  if (name !== undefined && name !== '' && name !== 'otlp') warn(`OTEL_TRACES_EXPORTER=${name} is not supported, otlp is used`)
  return 'otlp'
}

const DEFAULT_ENDPOINT = 'http://localhost:4318'

/** Where a signal's OTLP goes: its own endpoint as it is, or its path under the general one. */
export function endpointOf(env: Environment, signal: 'traces' | 'metrics', warn: (message: string) => void): URL {
  const own = env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]
  const general = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || DEFAULT_ENDPOINT
  const url = own ? parseUrl(own) : parseUrl(`${general.replace(/\/+$/, '')}/v1/${signal}`)
  if (url !== undefined) return url
  warn(`the endpoint ${own ?? general} is no http(s) URL, ${DEFAULT_ENDPOINT} is used`)
  return new URL(`${DEFAULT_ENDPOINT}/v1/${signal}`)
}

function parseUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

/** Whether a signal is sent compressed. */
export function gzipped(env: Environment, signal: 'traces' | 'metrics', warn: (message: string) => void): boolean {
  const name = env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_COMPRESSION`] ?? env['OTEL_EXPORTER_OTLP_COMPRESSION'] ?? 'none'
  if (name !== 'gzip' && name !== 'none' && name !== '')
    warn(`OTEL_EXPORTER_OTLP_COMPRESSION=${name} is not supported, none is used`)
  return name === 'gzip'
}

function samplerOf(env: Environment, warn: (message: string) => void): Sampler {
  const name = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on'
  const samplers: Record<string, () => Sampler> = {
    always_on: () => alwaysOn,
    always_off: () => alwaysOff,
    traceidratio: () => traceIdRatio(ratioOf(env['OTEL_TRACES_SAMPLER_ARG'], warn)),
  }
  const based = name.startsWith('parentbased_')
  const sampler = Object.hasOwn(samplers, name.replace('parentbased_', ''))
    ? samplers[name.replace('parentbased_', '')]?.()
    : undefined
  if (sampler !== undefined) return based ? parentBased(sampler) : sampler
  warn(`OTEL_TRACES_SAMPLER=${name} is not supported, parentbased_always_on is used`)
  return parentBased(alwaysOn)
}

function ratioOf(text: string | undefined, warn: (message: string) => void): number {
  if (text === undefined || text === '') return 1
  const ratio = Number(text)
  if (ratio >= 0 && ratio <= 1) return ratio
  warn(`OTEL_TRACES_SAMPLER_ARG=${text} is no number from 0 to 1, 1 is used`)
  return 1
}

function propagatedOf(text: string | undefined, warn: (message: string) => void): Propagated {
  const names = (text || 'tracecontext,baggage').split(',').map((name) => name.trim())
  const known = new Set(['tracecontext', 'baggage', 'none'])
  const strange = names.filter((name) => !known.has(name))
  if (strange.length > 0) warn(`OTEL_PROPAGATORS has ${strange.join(', ')}, which is not supported and left out`)
  return { tracecontext: names.includes('tracecontext'), baggage: names.includes('baggage') }
}

/** `PHASELINE_KEEP_SLOWER_MS`: who cares for the slow ones cares for the failed ones as well. */
function keepOf(env: Environment, read: Reader): Config['keep'] {
  if (!env['PHASELINE_KEEP_SLOWER_MS']) return undefined
  return { slowerThanMs: read.number('PHASELINE_KEEP_SLOWER_MS', Infinity), errors: true }
}

function limitsOf(read: Reader): Limits {
  const { attributes, valueLength, events, links } = DEFAULT_LIMITS
  const value = read.number('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', valueLength)
  const count = read.number('OTEL_ATTRIBUTE_COUNT_LIMIT', attributes)
  return {
    attributes: read.number('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', count),
    valueLength: read.number('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', value),
    events: read.number('OTEL_SPAN_EVENT_COUNT_LIMIT', events),
    links: read.number('OTEL_SPAN_LINK_COUNT_LIMIT', links),
  }
}
