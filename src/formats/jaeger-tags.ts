import type { SpanKind } from '../model/phases.ts'
import type { Scope, Span, Value } from '../model/span.ts'
import { array, isObject, object, text, valueOf, type Json } from './json.ts'

/**
 * Jaeger may say a key more than once: what differs is a list then. Its own 'error' = true beside another adds nothing. Tags may
 * also be the fields of one object, as some write them.
 */
export function tagsOf(tags: unknown): Map<string, Value> {
  const attributes = new Map<string, Value>()
  const list = isObject(tags) ? Object.entries(tags).map(([key, value]) => ({ key, value })) : array(tags).map(object)
  for (const tag of list as Json[]) {
    const key = text(tag['key'])
    const value = tagValue(tag)
    const known = attributes.get(key)
    if (known === undefined) attributes.set(key, value)
    else if (!(Array.isArray(known) ? known : [known]).includes(value) && !(key === 'error' && value === true)) {
      attributes.set(key, [known, value].flat())
    }
  }
  return attributes
}

function tagValue({ type, value }: Json): Value {
  if (type === 'binary' && typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'))
  if (type === 'int64' && typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
    return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value)
  }
  if (type === 'float64' && typeof value === 'string' && value.trim() !== '') return Number(value)
  if (type === 'bool' && typeof value === 'string') return value === 'true'
  return valueOf(value)
}

/** Tags by which Jaeger says what a span has fields for. */
const FIELDS = [
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'w3c.tracestate',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
]

/** Takes out of the tags what a span has fields for. */
export function takeFields(tags: Map<string, Value>): Pick<Span, 'kind' | 'status' | 'statusMessage' | 'traceState' | 'scope'> {
  const fields = { kind: kindOf(tags), ...statusOf(tags), traceState: text(tags.get('w3c.tracestate')), scope: scopeOf(tags) }
  for (const key of FIELDS) tags.delete(key)
  return fields
}

const KINDS: Readonly<Record<string, SpanKind>> = {
  server: 'SERVER',
  client: 'CLIENT',
  producer: 'PRODUCER',
  consumer: 'CONSUMER',
  internal: 'INTERNAL',
}

function kindOf(tags: ReadonlyMap<string, Value>): SpanKind {
  const kind = text(tags.get('span.kind')).toLowerCase()
  return (Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined) ?? 'INTERNAL'
}

/** Older exporters write OTLP's numbers. */
const CODES: Readonly<Record<string, string>> = { 1: 'OK', 2: 'ERROR' }

function statusOf(tags: ReadonlyMap<string, Value>): Pick<Span, 'status' | 'statusMessage'> {
  const said = text(tags.get('otel.status_code')).toUpperCase()
  const code = CODES[said] ?? said
  const error = !['', 'false', '0'].includes(text(tags.get('error')))
  const status = code === 'ERROR' || (code !== 'OK' && error) ? 'error' : code === 'OK' ? 'ok' : 'unset'
  return { status, statusMessage: text(tags.get('otel.status_description')) }
}

const NO_SCOPE: Scope = { name: '', version: '', attributes: new Map() }

function scopeOf(tags: ReadonlyMap<string, Value>): Scope {
  const name = text(tags.get('otel.scope.name') ?? tags.get('otel.library.name'))
  if (name === '') return NO_SCOPE
  return { name, version: text(tags.get('otel.scope.version') ?? tags.get('otel.library.version')), attributes: new Map() }
}
