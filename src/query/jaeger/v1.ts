import { ofAttributes } from '../../model/shared-attributes.ts'
import type { Resource, Scope, Span, Value, ValueMap } from '../../model/span.ts'
import { valueJson } from '../timeline-json.ts'
import type { ReceivedTrace } from './received.ts'

/**
 * Jaeger's JSON of v1: https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go. Written as text and not made of
 * objects first: 1,500 traces are 25,000 spans with 300,000 tags, most of which say the same again and again.
 */

/** A tag, as text. */
interface Tag {
  readonly key: string
  readonly json: string
}

const quoted = (text: string): string => JSON.stringify(text)

/** Ids of 64 bits are written as such. */
export function shortTraceId(traceId: string): string {
  return traceId.startsWith('0000000000000000') ? traceId.slice(16) : traceId
}

function typed(value: Value): [type: 'string' | 'bool' | 'int64' | 'float64' | 'binary', json: string] {
  if (typeof value === 'string') return ['string', quoted(value)]
  if (typeof value === 'boolean') return ['bool', String(value)]
  if (typeof value === 'bigint') return ['int64', `"${value}"`]
  if (typeof value === 'number') return [Number.isInteger(value) ? 'int64' : 'float64', JSON.stringify(valueJson(value))]
  if (value instanceof Uint8Array) return ['binary', JSON.stringify(valueJson(value))]
  return ['string', value === null ? '""' : quoted(JSON.stringify(valueJson(value)))]
}

/** Names of attributes come again and again, whatever their values. */
const heads = new Map<string, string>()
const MOST_HEADS = 4_096

function headOf(key: string): string {
  let head = heads.get(key)
  if (head === undefined) {
    if (heads.size >= MOST_HEADS) heads.clear()
    heads.set(key, (head = `{"key":${quoted(key)},"type":"`))
  }
  return head
}

function tag(key: string, value: Value): Tag {
  const [type, json] = typed(value)
  return { key, json: `${headOf(key)}${type}","value":${json}}` }
}

const byKey = (a: Tag, b: Tag): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

function tagsOf(attributes: ValueMap): Tag[] {
  return [...attributes].map(([key, value]) => tag(key, value))
}

function written(tags: Tag[]): string {
  let text = ''
  for (const { json } of tags.sort(byKey)) text += text === '' ? json : `,${json}`
  return text
}

/** What Jaeger says in tags of what OTLP has fields for. */
function fieldTags({ scope, kind, status, statusMessage, traceState }: Span): Tag[] {
  const tags = [tag('span.kind', kind.toLowerCase())]
  if (scope.name !== '') tags.push(tag('otel.scope.name', scope.name))
  if (scope.version !== '') tags.push(tag('otel.scope.version', scope.version))
  if (status !== 'unset') tags.push(tag('otel.status_code', status.toUpperCase()))
  if (status === 'error') tags.push(tag('error', true))
  if (statusMessage !== '') tags.push(tag('otel.status_description', statusMessage))
  if (traceState !== '') tags.push(tag('w3c.tracestate', traceState))
  return tags
}

/** Of attributes that several spans share: their tags with those of the fields of a span, by these. */
const sharedTags = ofAttributes(() => new Map<Scope, Map<string, string>>())

/** What one line of code says is the same with every request, its fields too. */
function spanTags(span: Span): string {
  const { attributes, scope, kind, status, statusMessage, traceState } = span
  if (statusMessage !== '' || traceState !== '') return written([...tagsOf(attributes), ...fieldTags(span)])
  const byScope = sharedTags(attributes)
  let byFields = byScope.get(scope)
  if (byFields === undefined) byScope.set(scope, (byFields = new Map<string, string>()))
  const fields = kind + status
  let tags = byFields.get(fields)
  if (tags === undefined) byFields.set(fields, (tags = written([...tagsOf(attributes), ...fieldTags(span)])))
  return tags
}

function reference(type: 'CHILD_OF' | 'FOLLOWS_FROM', traceId: string, spanId: string): string {
  return `{"refType":"${type}","traceID":"${shortTraceId(traceId)}","spanID":"${spanId}"}`
}

function references({ traceId, parentSpanId, links }: Span): string {
  const parent = parentSpanId === null ? '' : reference('CHILD_OF', traceId, parentSpanId)
  if (links.length === 0) return parent
  const others = links.map((link) => reference('FOLLOWS_FROM', link.traceId, link.spanId))
  return (parent === '' ? others : [parent, ...others]).join()
}

/** Microseconds. */
const micros = (ns: bigint): string => String(ns / 1000n)

function logs({ events }: Span): string {
  if (events.length === 0) return ''
  const one = ({ time, name, attributes }: Span['events'][number]): string =>
    `{"timestamp":${micros(time)},"fields":[${written([tag('event', name), ...tagsOf(attributes)])}]}`
  return events.map(one).join()
}

function spanText(span: Span, warnings: readonly string[], processId: string): string {
  const { traceId, spanId, name, start, end } = span
  return (
    `{"traceID":"${shortTraceId(traceId)}","spanID":"${spanId}","operationName":${quoted(name)},"references":[${references(span)}],` +
    `"startTime":${micros(start)},"duration":${end < start ? '0' : micros(end - start)},"tags":[${spanTags(span)}],` +
    `"logs":[${logs(span)}],"processID":"${processId}","warnings":${warnings.length === 0 ? 'null' : JSON.stringify(warnings)}}`
  )
}

function processText({ service, attributes }: Resource): string {
  const rest = tagsOf(attributes).filter(({ key }) => key !== 'service.name')
  return `{"serviceName":${quoted(service)},"tags":[${written(rest)}]}`
}

/** Gives each process a number as it comes. */
class Processes {
  private readonly known = new Map<string, string>()
  /** Spans of one sender share their resource: it is written out once. */
  private readonly ids = new Map<Resource, string>()

  idOf(resource: Resource): string {
    let id = this.ids.get(resource)
    if (id === undefined) {
      const text = processText(resource)
      id = this.known.get(text) ?? `p${this.known.size + 1}`
      this.known.set(text, id)
      this.ids.set(resource, id)
    }
    return id
  }

  written(): string {
    return [...this.known].map(([text, id]) => `"${id}":${text}`).join()
  }
}

const NONE: readonly string[] = []

/**
 * A trace as Jaeger's v1 gives it, as JSON: the spans as they were received, their own times, nothing made up. What we found wrong
 * with a span is in its `warnings`.
 */
export function jaegerTrace({ traceId, spans, warnings }: ReceivedTrace): string {
  const processes = new Processes()
  let texts = ''
  for (const [index, span] of spans.entries()) {
    if (index > 0) texts += ','
    texts += spanText(span, warnings?.[index] ?? NONE, processes.idOf(span.resource))
  }
  return `{"traceID":"${shortTraceId(traceId)}","spans":[${texts}],"processes":{${processes.written()}},"warnings":null}`
}
