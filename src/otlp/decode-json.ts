import type { Resource, Scope, Span, SpanEvent, SpanLink } from '../model/span.ts'
import { ZIPKIN } from '../model/zipkin.ts'
import {
  attributesOf,
  groups,
  integer,
  list,
  moment,
  object,
  parse,
  text,
  time,
  Unusable,
  whole,
  type Json,
} from './decode-json-value.ts'
import { refuse, type Refused } from './decode-scan.ts'
import { kindOf, linkType, resourceOf, statusOf } from './decode-span.ts'

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are
 * hexadecimal (base64, as plain protobuf JSON has it, is taken too), 64-bit integers numbers or strings, enums numbers or
 * names. Unknown fields are ignored, and null means absent.
 * @throws MalformedError if it is no JSON, or something in it that holds spans is no object
 */
export function decodeJson(body: Uint8Array): { spans: Span[]; refused: Refused[] } {
  const spans: Span[] = []
  const refused: Refused[] = []
  groups(parse(body), 'resourceSpans').forEach((group, i) => {
    const resource = whole(() => resourceOf(attributesOf(object(group['resource']))))
    groups(group, 'scopeSpans').forEach((inner, j) => {
      const scope = whole(() => scopeOf(object(inner['scope'])))
      list(inner, 'spans').forEach((span, k) => {
        try {
          spans.push(spanOf(span, resource, scope))
        } catch (error) {
          if (!(error instanceof Unusable)) throw error
          refuse(refused, `resourceSpans[${i}].scopeSpans[${j}].spans[${k}]`, error.message)
        }
      })
    })
  })
  return { spans, refused }
}

function id(value: unknown, bytes: number, what: string): string {
  const given = text(value)
  const hex = given.length === bytes * 2 ? given.toLowerCase() : fromBase64(given)
  if (hex.length !== bytes * 2 || !/^[0-9a-f]*$/.test(hex))
    throw new Unusable(`a ${what} that is not ${bytes} bytes of hexadecimal digits`)
  return hex
}

function fromBase64(given: string): string {
  return /^[A-Za-z0-9+/]+=*$/.test(given) ? Buffer.from(given, 'base64').toString('hex') : given
}

function ownId(value: unknown, bytes: number, what: string): string {
  if (value === undefined || value === null || value === '') throw new Unusable(`no ${what}`)
  const hex = id(value, bytes, what)
  if (/^0*$/.test(hex)) throw new Unusable(`no ${what}`)
  return hex
}

function parentId(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  const hex = id(value, 8, 'parent span id')
  return /^0*$/.test(hex) ? null : hex
}

/** A link that leads nowhere is no reason to refuse the span: it has no id then. */
function linkedId(value: unknown, bytes: number): string {
  try {
    return id(value, bytes, 'linked id')
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return ''
  }
}

const small = (value: unknown): number => Number(BigInt.asUintN(32, integer(value)))

const KIND_NAMES = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUS_NAMES = ['UNSET', 'OK', 'ERROR']

/** An enum, by number or by the name that protobuf gives it, or others: `SERVER`, `Server`. */
function choice(value: unknown, names: readonly string[], prefix: string): number {
  if (typeof value !== 'string' || /^-?\d*$/.test(value)) return small(value === '' ? 0 : value)
  return Math.max(names.indexOf(value.toUpperCase().replace(prefix, '')), 0)
}

function spanOf(span: Json, resource: Resource, scope: Scope): Span {
  const status = object(span['status'])
  const attributes = attributesOf(span)
  return {
    traceId: ownId(span['traceId'], 16, 'trace id'),
    spanId: ownId(span['spanId'], 8, 'span id'),
    parentSpanId: parentId(span['parentSpanId']),
    name: text(span['name']),
    kind: kindOf(choice(span['kind'], KIND_NAMES, 'SPAN_KIND_')),
    start: moment(span, 'startTimeUnixNano'),
    end: moment(span, 'endTimeUnixNano'),
    status: statusOf(choice(status['code'], STATUS_NAMES, 'STATUS_CODE_')),
    statusMessage: text(status['message']),
    traceState: text(span['traceState']),
    flags: small(span['flags']),
    attributes,
    events: list(span, 'events').map(eventOf),
    links: list(span, 'links').map(linkOf),
    resource,
    scope,
    shared: attributes.get(ZIPKIN.shared) === true,
    droppedAttributes: small(span['droppedAttributesCount']),
  }
}

function eventOf(event: Json): SpanEvent {
  return { time: time(event['timeUnixNano']), name: text(event['name']), attributes: attributesOf(event) }
}

function linkOf(link: Json): SpanLink {
  const attributes = attributesOf(link)
  return {
    traceId: linkedId(link['traceId'], 16),
    spanId: linkedId(link['spanId'], 8),
    attributes,
    traceState: text(link['traceState']),
    type: linkType(attributes),
  }
}

function scopeOf(scope: Json): Scope {
  return { name: text(scope['name']), version: text(scope['version']), attributes: attributesOf(scope) }
}
