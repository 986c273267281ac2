import type { Resource, Span, SpanEvent, SpanLink, Value } from '../model/span.ts'
import { WARNINGS } from '../model/timeline.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import { idOf, isRenamed, parentIdOf } from './ids.ts'
import { tagsOf, takeFields } from './jaeger-tags.ts'
import { array, endOf, isObject, micros, object, text, type Json } from './json.ts'
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
    ['host.name', attribute('hostname')],
    ['host.ip', addressOf(attributes.get('ip')) || attribute('ip')],
  ] as const) {
    if (attribute(ours) === '' && theirs !== '') attributes.set(ours, theirs)
  }
  const host = ['host.id', 'host.name', 'host.ip', 'service.instance.id'].map(attribute).find((name) => name !== '')
  return { service, host: host ?? service, attributes }
}

/** Jaeger's clients may write an IPv4 address as one number, or as its bytes. */
function addressOf(ip: Value | undefined): string {
  if (typeof ip === 'number') return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.')
  return ip instanceof Uint8Array ? ip.join('.') : ''
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
  const fields = takeFields(tags)
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
    shared: tags.get(ZIPKIN.shared) === true,
    droppedAttributes: said.includes('truncated') ? 1 : 0,
  }
}

/** Our own warnings, in what was exported, are no news: stitching finds them again. */
const OURS: ReadonlySet<string> = new Set(WARNINGS)

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
  const trace = text(reference['traceID']) === '' ? traceId : idOf(reference['traceID'], 32, 'trace id in a reference')
  // Some senders cut trace ids to 64 bits: the one here or the one there may be whole.
  const cut = [trace, traceId].some((id) => id.startsWith('0000000000000000')) && trace.endsWith(traceId.slice(16))
  return {
    traceId: cut ? traceId : trace,
    spanId: idOf(reference['spanID'], 16, 'span id in a reference'),
    attributes: new Map(),
    traceState: '',
    type: /^follows[-_]?from$/i.test(text(reference['refType'])) ? 'follows_from' : 'link',
  }
}

function eventOf(log: Json): SpanEvent {
  const attributes = tagsOf(log['fields'])
  const event = attributes.get('event')
  if (typeof event === 'string') attributes.delete('event')
  const name = typeof event === 'string' ? event : text(attributes.get('message')) || 'log'
  return { time: micros(log['timestamp'], 'timestamp of a log'), name, attributes }
}
