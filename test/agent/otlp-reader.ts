import protobuf from 'protobufjs'

/** The part of OpenTelemetry's trace protocol that we send, written down anew: our encoder is judged by somebody else's reader. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16;
  string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12;
  repeated Link links = 13; uint32 dropped_links_count = 14; Status status = 15;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value {
  string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; bytes bytes_value = 7;
} }
message ArrayValue { repeated AnyValue values = 1; }
`
const request = protobuf.parse(PROTO, { keepCase: false }).root.lookupType('ExportTraceServiceRequest')

export interface SentSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty if it has none. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { name: string; time: bigint; attributes: Record<string, unknown> }[]
  readonly links: readonly { traceId: string; spanId: string; attributes: Record<string, unknown> }[]
  readonly status: { code: number; message: string }
  readonly dropped: { attributes: number; events: number; links: number }
  readonly scope: string
  readonly resource: Readonly<Record<string, unknown>>
}

/** What protobufjs makes of a message: a plain object, every field there with its default. */
interface Raw {
  [field: string]: unknown
}

/** The spans of a request body, in the order in which they are in it. */
export function readRequest(body: Uint8Array): SentSpan[] {
  const decoded = request.toObject(request.decode(body), { longs: String, bytes: String, defaults: true, oneofs: true })
  return list(decoded['resourceSpans']).flatMap(({ resource, scopeSpans }) =>
    list(scopeSpans).flatMap(({ scope, spans }) =>
      list(spans).map((span) => ({
        ...spanOf(span),
        scope: (scope as Raw)['name'] as string,
        resource: attributesOf((resource as Raw)['attributes']),
      })),
    ),
  )
}

function spanOf(span: Raw): Omit<SentSpan, 'scope' | 'resource'> {
  const { code, message } = (span['status'] as Raw | null) ?? { code: 0, message: '' }
  return {
    traceId: hex(span['traceId']),
    spanId: hex(span['spanId']),
    parentSpanId: hex(span['parentSpanId']),
    traceState: span['traceState'] as string,
    flags: span['flags'] as number,
    name: span['name'] as string,
    kind: span['kind'] as number,
    start: BigInt(span['startTimeUnixNano'] as string),
    end: BigInt(span['endTimeUnixNano'] as string),
    attributes: attributesOf(span['attributes']),
    events: list(span['events']).map((event) => ({
      name: event['name'] as string,
      time: BigInt(event['timeUnixNano'] as string),
      attributes: attributesOf(event['attributes']),
    })),
    links: list(span['links']).map((link) => ({
      traceId: hex(link['traceId']),
      spanId: hex(link['spanId']),
      attributes: attributesOf(link['attributes']),
    })),
    status: { code: code as number, message: message as string },
    dropped: {
      attributes: span['droppedAttributesCount'] as number,
      events: span['droppedEventsCount'] as number,
      links: span['droppedLinksCount'] as number,
    },
  }
}

function list(field: unknown): Raw[] {
  return field as Raw[]
}

function hex(base64: unknown): string {
  return Buffer.from(base64 as string, 'base64').toString('hex')
}

/** Throws if a name is there twice: OTLP forbids it. */
function attributesOf(field: unknown): Record<string, unknown> {
  const attributes: Record<string, unknown> = {}
  for (const { key, value } of list(field)) {
    if ((key as string) in attributes) throw new Error(`attribute ${String(key)} twice`)
    attributes[key as string] = valueOf(value as Raw)
  }
  return attributes
}

function valueOf(any: Raw): unknown {
  const which = any['value'] as string
  if (which === 'intValue') return Number(any['intValue'])
  if (which === 'arrayValue') return list((any['arrayValue'] as Raw)['values']).map(valueOf)
  return any[which]
}
