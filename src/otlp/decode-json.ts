import type { Resource, Scope, Span, SpanEvent, SpanLink, Value, ValueMap } from '../model/span.ts'
import { MalformedError, narrow } from './decode-reader.ts'
import type { Refused } from './decode-scan.ts'
import { kindOf, linkType, resourceOf, SHARED, statusOf } from './decode-span.ts'
import { DEEPEST, NO_ATTRIBUTES } from './decode-value.ts'

type Json = Record<string, unknown>

/** A span that cannot be taken, with the reason as message. */
class Unusable extends Error {}

/**
 * Reads an ExportTraceServiceRequest in OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids are
 * hexadecimal (base64, as plain protobuf JSON has it, is taken too), 64-bit integers numbers or strings, enums numbers or
 * names. Unknown fields are ignored, and null means absent.
 * @throws MalformedError if it is no JSON, or no object
 */
export function decodeJson(body: Uint8Array): { spans: Span[]; refused: Refused[] } {
  const spans: Span[] = []
  const refused: Refused[] = []
  list(parse(body), 'resourceSpans').forEach((group, i) => {
    const resource = whole(() => resourceOf(attributesOf(object(group['resource']))))
    list(group, 'scopeSpans').forEach((inner, j) => {
      const scope = whole(() => scopeOf(object(inner['scope'])))
      list(inner, 'spans').forEach((span, k) => {
        try {
          spans.push(spanOf(span, resource, scope))
        } catch (error) {
          if (!(error instanceof Unusable)) throw error
          refused.push({ where: `resourceSpans[${i}].scopeSpans[${j}].spans[${k}]`, reason: error.message })
        }
      })
    })
  })
  return { spans, refused }
}

/** Of what is not in a span nothing can be left out: what is unusable there makes the body so. */
function whole<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw error instanceof Unusable ? new MalformedError(`${error.message} in a resource or scope`) : error
  }
}

/** Integers that a double would round are read as strings; a key cannot be told inside a string, because its quotes would be escaped there. */
const LARGE = /("(?:startTimeUnixNano|endTimeUnixNano|timeUnixNano|intValue)"\s*:\s*)(-?\d{16,})(?=[\s,}])/g

function parse(body: Uint8Array): Json {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text.replace(LARGE, '$1"$2"'))
  } catch (error) {
    throw new MalformedError(`no JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedError('no JSON object')
  return value as Json
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** A repeated field of messages. */
function list(of: Json, key: string): Json[] {
  const value = of[key] ?? []
  if (!Array.isArray(value)) throw new MalformedError(`${key} is no array`)
  return value.map(object)
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

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

/** A 64-bit integer; a number with a fraction or an exponent is cut to a whole one. */
function integer(value: unknown): bigint {
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value)
  if (value === undefined || value === null) return 0n
  throw new Unusable(`${JSON.stringify(value).slice(0, 40)} is no integer`)
}

const time = (value: unknown): bigint => BigInt.asUintN(64, integer(value))
const small = (value: unknown): number => Number(BigInt.asUintN(32, integer(value)))

const KIND_NAMES = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUS_NAMES = ['UNSET', 'OK', 'ERROR']

/** An enum, by number or by the name that protobuf gives it. */
function choice(value: unknown, names: readonly string[], prefix: string): number {
  return typeof value === 'string' && value.startsWith(prefix)
    ? Math.max(names.indexOf(value.slice(prefix.length)), 0)
    : small(value)
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
    start: time(span['startTimeUnixNano']),
    end: time(span['endTimeUnixNano']),
    status: statusOf(choice(status['code'], STATUS_NAMES, 'STATUS_CODE_')),
    statusMessage: text(status['message']),
    traceState: text(span['traceState']),
    flags: small(span['flags']),
    attributes,
    events: list(span, 'events').map(eventOf),
    links: list(span, 'links').map(linkOf),
    resource,
    scope,
    shared: attributes.get(SHARED) === true,
    droppedAttributes: small(span['droppedAttributesCount']),
  }
}

function eventOf(event: Json): SpanEvent {
  return { time: time(event['timeUnixNano']), name: text(event['name']), attributes: attributesOf(event) }
}

function linkOf(link: Json): SpanLink {
  const attributes = attributesOf(link)
  return {
    traceId: id(link['traceId'] ?? '', 16, 'linked trace id'),
    spanId: id(link['spanId'] ?? '', 8, 'linked span id'),
    attributes,
    traceState: text(link['traceState']),
    type: linkType(attributes),
  }
}

function scopeOf(scope: Json): Scope {
  return { name: text(scope['name']), version: text(scope['version']), attributes: attributesOf(scope) }
}

function attributesOf(of: Json): ValueMap {
  const pairs = list(of, 'attributes')
  if (pairs.length === 0) return NO_ATTRIBUTES
  return new Map(pairs.map((pair) => [text(pair['key']), valueOf(object(pair['value']), 1)]))
}

/** An AnyValue. `depth` counts from 1. */
function valueOf(any: Json, depth: number): Value {
  if (depth > DEEPEST) throw new Unusable(`values more than ${DEEPEST} deep`)
  if (typeof any['stringValue'] === 'string') return any['stringValue']
  if (typeof any['boolValue'] === 'boolean') return any['boolValue']
  if (any['intValue'] !== undefined && any['intValue'] !== null) return narrow(BigInt.asIntN(64, integer(any['intValue'])))
  if (any['doubleValue'] !== undefined && any['doubleValue'] !== null) return Number(any['doubleValue'])
  if (typeof any['bytesValue'] === 'string') return new Uint8Array(Buffer.from(any['bytesValue'], 'base64'))
  if (any['arrayValue'] !== undefined) return list(object(any['arrayValue']), 'values').map((value) => valueOf(value, depth + 1))
  if (any['kvlistValue'] !== undefined) return recordOf(list(object(any['kvlistValue']), 'values'), depth + 1)
  return null
}

/** Without a prototype: a key is a stranger's and may be `__proto__`. */
function recordOf(pairs: Json[], depth: number): { [key: string]: Value } {
  const record = Object.create(null) as { [key: string]: Value }
  for (const pair of pairs) record[text(pair['key'])] = valueOf(object(pair['value']), depth)
  return record
}
