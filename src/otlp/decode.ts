import { share } from '../model/shared-attributes.ts'
import type { Resource, Scope, Span, Value } from '../model/span.ts'
import { decodeJson } from './decode-json.ts'
import { hash, same } from './decode-interned.ts'
import { MalformedError, ProtobufReader, WIRE } from './decode-reader.ts'
import { scan, type Refused } from './decode-scan.ts'
import { decodeSpan, resourceOf } from './decode-span.ts'
import { readText } from './decode-text.ts'
import { decodeAttribute, NO_ATTRIBUTES } from './decode-value.ts'

/** The two encodings of OTLP: `application/x-protobuf` and `application/json`. */
export type Encoding = 'protobuf' | 'json'

/** What a body holds: its spans, and those that could not be taken. */
export interface Decoded {
  readonly spans: Span[]
  readonly refused: Refused[]
}

/**
 * Reads an ExportTraceServiceRequest (OTLP 1.11), which is also what OTLP files hold. Spans without usable ids and spans with
 * values more than 64 deep are refused one by one; fields that are not known are passed over.
 * @throws MalformedError (`code` `malformed`) if the body as a whole cannot be read
 */
export function decodeTraces(body: Uint8Array, encoding: Encoding): Decoded {
  if (encoding === 'json') return decodeJson(body)
  const spans: Span[] = []
  const reader = new ProtobufReader(body)
  let resource = UNKNOWN
  let scope = NO_SCOPE
  const refused = scan(body, {
    group(head) {
      resource = around(head.resource, resources) ?? UNKNOWN
      scope = around(head.scope, scopes) ?? NO_SCOPE
    },
    run(_traceId, start, end) {
      reader.at = start
      spansUntil(reader, end, resource, scope, spans)
    },
  })
  return { spans, refused }
}

const field = (number: number): number => (number << 3) | WIRE.bytes

/** The spans of a request that has been scanned, in its order. @throws MalformedError if it has not been and is malformed */
export function decodeSpans(body: Uint8Array): Span[] {
  const reader = new SpanReader(body)
  reader.read(Infinity)
  return reader.spans
}

/**
 * Of one trace, however many bodies it came in: half a million spans with forty parts each. As spans in memory such ones take some
 * gigabytes.
 */
const MOST_OF_A_TRACE = 20_000_000
/** A span by itself takes as much as so many of its parts. */
const OF_A_SPAN = 10

/** Reads the spans of a request that has been scanned, in its order, some at a time. */
export class SpanReader {
  readonly spans: Span[] = []
  private readonly reader: ProtobufReader
  /** Where the ResourceSpans and the ScopeSpans end that are being read. */
  private resourceEnd = 0
  private scopeEnd = 0
  private resource = UNKNOWN
  private scope = NO_SCOPE
  private parts = 0

  constructor(body: Uint8Array) {
    this.reader = new ProtobufReader(body)
  }

  /** Reads until there are so many spans, or all. @returns whether there is more @throws MalformedError */
  read(until: number): boolean {
    const { reader, spans } = this
    const end = reader.bytes.length
    while (reader.at < end && spans.length < until) {
      const tag = reader.varint()
      if (reader.at <= this.scopeEnd) {
        if (tag === field(2)) this.add(decodeSpan(reader, reader.until(this.scopeEnd), this.resource, this.scope))
        else reader.skip(tag, this.scopeEnd)
      } else if (reader.at <= this.resourceEnd) this.scopeSpans(tag)
      else this.resourceSpans(tag, end)
    }
    return reader.at < end
  }

  private add(span: Span): void {
    this.spans.push(span)
    this.parts += OF_A_SPAN + span.attributes.size + span.events.length + span.links.length
    if (this.parts > MOST_OF_A_TRACE)
      throw new MalformedError(`${this.spans.length} spans and what is in them do not fit into memory`)
  }

  /** Fields may come in any order, so the resource, and the scope, is looked for before the spans are read. */
  private resourceSpans(tag: number, end: number): void {
    if (tag !== field(1)) return this.reader.skip(tag, end)
    this.resourceEnd = this.reader.until(end)
    this.resource = ahead(this.reader, this.resourceEnd, resources) ?? UNKNOWN
  }

  private scopeSpans(tag: number): void {
    if (tag !== field(2)) return this.reader.skip(tag, this.resourceEnd)
    this.scopeEnd = this.reader.until(this.resourceEnd)
    this.scope = ahead(this.reader, this.scopeEnd, scopes) ?? NO_SCOPE
  }
}

function spansUntil(reader: ProtobufReader, end: number, resource: Resource, scope: Scope, spans: Span[]): void {
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === field(2)) spans.push(decodeSpan(reader, reader.until(end), resource, scope))
    else reader.skip(tag, end)
  }
}

/** The message that stands among the fields around a group of spans. */
function around<Made>(fields: Uint8Array, known: Known<Made>): Made | undefined {
  const reader = new ProtobufReader(fields)
  return ahead(reader, fields.length, known)
}

const UNKNOWN: Resource = resourceOf(NO_ATTRIBUTES)
const NO_SCOPE: Scope = { name: '', version: '', attributes: NO_ATTRIBUTES }

/** Reads the message's field 1 wherever it stands, and leaves the reader where it was. */
function ahead<Made>(reader: ProtobufReader, end: number, known: Known<Made>): Made | undefined {
  const from = reader.at
  let made: Made | undefined
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === field(1)) {
      const stop = reader.until(end)
      made = known.at(reader, stop)
      reader.at = stop
    } else reader.skip(tag, end)
  }
  reader.at = from
  return made
}

/** Resources and scopes are few and come again with every body: kept by their bytes, the oldest forgotten first. */
class Known<Made> {
  /** By the hash of their bytes: by the text of them, a Map took longer to ask than all else in reading a small trace. */
  private readonly made = new Map<number, { readonly bytes: DataView; readonly made: Made }>()
  private readonly decode: (reader: ProtobufReader, end: number) => Made

  constructor(decode: (reader: ProtobufReader, end: number) => Made) {
    this.decode = decode
  }

  at(reader: ProtobufReader, end: number): Made {
    const { at: start, view, bytes } = reader
    const hashed = hash(view, start, end)
    const known = this.made.get(hashed)
    if (known?.bytes.byteLength === end - start && same(known.bytes, 0, view, start, end - start)) return known.made
    const made = this.decode(reader, end)
    if (end - start > 4_096) return made
    if (this.made.size >= 1_000) this.made.delete(this.made.keys().next().value as number)
    this.made.set(hashed, { bytes: new DataView(Uint8Array.from(bytes.subarray(start, end)).buffer), made })
    return made
  }
}

const resources = new Known((reader, end): Resource => {
  const attributes = new Map<string, Value>()
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === field(1)) decodeAttribute(reader, reader.until(end), attributes)
    else reader.skip(tag, end)
  }
  return resourceOf(share(attributes))
})

const scopes = new Known((reader, end): Scope => {
  const text: Record<number, string> = { 1: '', 2: '' }
  const attributes = new Map<string, Value>()
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === field(1) || tag === field(2)) {
      text[tag >> 3] = readText(reader, reader.until(end))
    } else if (tag === field(3)) decodeAttribute(reader, reader.until(end), attributes)
    else reader.skip(tag, end)
  }
  return { name: text[1] as string, version: text[2] as string, attributes }
})
