import type { SpanKind } from '../model/phases.ts'
import type { Resource, Scope, Span, SpanEvent, SpanLink, Value } from '../model/span.ts'
import type { Warning } from '../model/timeline.ts'
import { SHARED } from '../otlp/decode-span.ts'
import { idOf, isRenamed, parentIdOf } from './ids.ts'
import { array, endOf, isObject, micros, object, text, valueOf, type Json } from './json.ts'
import { takeEach, together, Unusable, type Reading } from './refusal.ts'

/** Whether a document is one trace as Jaeger's API and UI write it. */
export function isJaegerTrace(value: unknown): value is Json {
  return isObject(value) && Array.isArray(value['spans']) && ('traceID' in value || 'processes' in value || hasJaegerSpan(value))
}

function hasJaegerSpan(trace: Json): boolean {
  return array(trace['spans']).some((span) => isObject(span) && 'spanID' in span)
}

/** Reads traces in Jaeger's JSON: the list under `data` of its API's answer, or one by itself. @param at its place in the file */
export function readJaeger(document: Json, at = ''): Reading {
  if (!Array.isArray(document['data'])) return readTrace(document, at === '' ? '' : `${at}.`)
  const traces = document['data'].map((trace, place) => readTrace(object(trace), `${at}data[${place}].`))
  const errors = array(document['errors']).map((error) => `Jaeger answered an error: ${text(object(error)['msg'])}`)
  return together([
    ...traces,
    { spans: [], refused: errors.map((reason, place) => ({ where: `${at}errors[${place}]`, reason })) },
  ])
}

/** Reads spans that have their trace and their process inside. @param where names one by its place in the list */
export function readJaegerSpans(list: readonly unknown[], where: (place: number) => string): Reading {
  return readSpans(list, where, undefined, new Map())
}

function readTrace(trace: Json, place: string): Reading {
  const processes = new Map(Object.entries(object(trace['processes'])).map(([id, process]) => [id, resourceOf(object(process))]))
  if (!Array.isArray(trace['spans']))
    return { spans: [], refused: [{ where: place.replace(/\.$/, ''), reason: 'a trace without spans' }] }
  return readSpans(trace['spans'], (at) => `${place}spans[${at}]`, trace['traceID'], processes)
}

function readSpans(
  list: readonly unknown[],
  where: (place: number) => string,
  traceId: unknown,
  processes: ReadonlyMap<string, Resource>,
): Reading {
  return takeEach(list, where, (span) => {
    if (!isObject(span)) throw new Unusable('no object')
    return spanOf(span, span['traceID'] ?? traceId, processes)
  })
}

const UNKNOWN: Resource = { service: 'unknown_service', host: 'unknown_service', attributes: new Map() }

/** Jaeger's own tags of a process become OpenTelemetry's attributes, too, by which everyone else tells hosts apart. */
function resourceOf(process: Json): Resource {
  const service = text(process['serviceName']) || 'unknown_service'
  const attributes = new Map([['service.name', service as Value], ...tagsOf(process['tags'])])
  const attribute = (key: string): string => {
    const value = attributes.get(key)
    return text(Array.isArray(value) ? value[0] : value)
  }
  for (const [ours, theirs] of [
    ['host.name', 'hostname'],
    ['host.ip', 'ip'],
  ] as const) {
    if (attribute(ours) === '' && attribute(theirs) !== '') attributes.set(ours, attribute(theirs))
  }
  const host = ['host.id', 'host.name', 'host.ip', 'service.instance.id'].map(attribute).find((name) => name !== '')
  return { service, host: host ?? service, attributes }
}

/** Jaeger may say a key more than once: what differs is a list then. Its own 'error' = true beside another adds nothing. */
function tagsOf(tags: unknown): Map<string, Value> {
  const attributes = new Map<string, Value>()
  for (const tag of array(tags).map(object)) {
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

function spanOf(span: Json, trace: unknown, processes: ReadonlyMap<string, Resource>): Span {
  const traceId = idOf(trace, 32, 'trace id')
  const tags = tagsOf(span['tags'])
  const references = array(span['references']).map(object)
  const links = references.filter((reference) => !isNowhere(reference)).map((reference) => linkOf(reference, traceId))
  const parent = parentOf(links, traceId) ?? parentIdOf(span['parentSpanID'])
  const start = micros(span['startTime'], 'startTime')
  const spanId = idOf(span['spanID'], 16, 'span id')
  if (isRenamed(span['spanID'], spanId)) tags.set('jaeger.span_id', text(span['spanID']))
  const said = array(span['warnings']).map(text)
  const warnings = [
    ...said.filter((warning) => !OURS.has(warning)),
    ...references.filter(isNowhere).map(() => 'a reference without a span id'),
  ]
  if (warnings.length > 0) tags.set('jaeger.warnings', warnings)
  const fields = { kind: kindOf(tags), ...statusOf(tags), traceState: text(tags.get('w3c.tracestate')), scope: scopeOf(tags) }
  for (const key of FIELDS) tags.delete(key)
  return {
    traceId,
    spanId,
    parentSpanId: parent,
    name: text(span['operationName']),
    ...fields,
    start,
    end: endOf(start, span['duration']),
    flags: Number(span['flags'] ?? 0) || 0,
    attributes: tags,
    events: array(span['logs']).map((log) => eventOf(object(log))),
    links: links.filter((link) => link.type === 'follows_from' || link.spanId !== parent),
    resource: isObject(span['process']) ? resourceOf(span['process']) : (processes.get(text(span['processID'])) ?? UNKNOWN),
    shared: tags.get(SHARED) === true,
    droppedAttributes: said.includes('truncated') ? 1 : 0,
  }
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

/** Our own warnings, in what was exported, are no news: stitching finds them again. */
const OURS: ReadonlySet<string> = new Set<Warning>([
  'orphan',
  'cut_loop',
  'self_parent',
  'duplicate',
  'conflict',
  'shared_id',
  'clock_skew',
  'end_before_start',
  'zero_start',
  'in_flight',
  'truncated',
  'n_plus_one',
])

/** The first CHILD_OF of the same trace, else the first FOLLOWS_FROM of it. */
function parentOf(links: readonly SpanLink[], traceId: string): string | null {
  const here = links.filter((link) => link.traceId === traceId)
  return (here.find(({ type }) => type === 'link') ?? here[0])?.spanId ?? null
}

/** A reference that leads nowhere is no reason to refuse the span. */
function isNowhere({ spanID }: Json): boolean {
  return /^0*$/.test(text(spanID))
}

function linkOf(reference: Json, traceId: string): SpanLink {
  return {
    traceId: text(reference['traceID']) === '' ? traceId : idOf(reference['traceID'], 32, 'trace id in a reference'),
    spanId: idOf(reference['spanID'], 16, 'span id in a reference'),
    attributes: new Map(),
    traceState: '',
    type: reference['refType'] === 'FOLLOWS_FROM' ? 'follows_from' : 'link',
  }
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

function statusOf(tags: ReadonlyMap<string, Value>): Pick<Span, 'status' | 'statusMessage'> {
  const code = text(tags.get('otel.status_code')).toUpperCase()
  const error = !['', 'false', '0'].includes(text(tags.get('error')))
  const status = code === 'ERROR' || (code !== 'OK' && error) ? 'error' : code === 'OK' ? 'ok' : 'unset'
  return { status, statusMessage: text(tags.get('otel.status_description')) }
}

function eventOf(log: Json): SpanEvent {
  const attributes = tagsOf(log['fields'])
  const event = attributes.get('event')
  if (typeof event === 'string') attributes.delete('event')
  const name = typeof event === 'string' ? event : text(attributes.get('message')) || 'log'
  return { time: micros(log['timestamp'], 'timestamp of a log'), name, attributes }
}

const NO_SCOPE: Scope = { name: '', version: '', attributes: new Map() }

function scopeOf(tags: ReadonlyMap<string, Value>): Scope {
  const name = text(tags.get('otel.scope.name') ?? tags.get('otel.library.name'))
  if (name === '') return NO_SCOPE
  return { name, version: text(tags.get('otel.scope.version') ?? tags.get('otel.library.version')), attributes: new Map() }
}
