import protobuf from 'protobufjs'

/** The parts of opentelemetry-proto 1.11 that traces use, for an encoder that is not ours (protobufjs). */
const PROTO = `syntax = "proto3"; package otlp;
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
  ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; repeated Link links = 13; Status status = 15; fixed32 flags = 16; string unknown = 999; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Request { repeated ResourceSpans resource_spans = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message Response { PartialSuccess partial_success = 1; }
message RpcStatus { int32 code = 1; string message = 2; }`

const root = protobuf.parse(PROTO).root

/** A message as protobufjs takes and gives it: camelCase, bytes as Buffers, 64-bit numbers as strings. */
export type Message = Record<string, unknown>

/** Encodes a `Request`, …; bytes are given as Buffers. */
export function encode(type: string, message: Message): Buffer {
  const found = root.lookupType(`otlp.${type}`)
  return Buffer.from(found.encode(found.fromObject(message)).finish())
}

export function decode(type: string, bytes: Uint8Array): Message {
  const found = root.lookupType(`otlp.${type}`)
  return found.toObject(found.decode(bytes), { longs: String, enums: String })
}

/** The same message in OTLP's JSON: ids in hexadecimal, other bytes in base64, 64-bit numbers as strings. */
export function json(message: unknown, key = ''): unknown {
  if (Buffer.isBuffer(message)) return message.toString(key.endsWith('Id') ? 'hex' : 'base64')
  if (Array.isArray(message)) return message.map((one) => json(one, key))
  if (typeof message !== 'object' || message === null) return message
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, json(value, name)]))
}

export const TRACE: Buffer = Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')
export const SPAN: Buffer = Buffer.from('b7ad6b7169203331', 'hex')
export const PARENT: Buffer = Buffer.from('00f067aa0ba902b7', 'hex')

/** A request with one span, and what is given changed in it. */
export function request(span: Message = {}, resource: Message = { attributes: [text('service.name', 'shop')] }): Message {
  const whole = {
    traceId: TRACE,
    spanId: SPAN,
    name: 'GET',
    kind: 2,
    startTimeUnixNano: '1700000000000000001',
    endTimeUnixNano: '1700000000000000009',
    ...span,
  }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test', version: '1' }, spans: [whole] }] }] }
}

export function text(key: string, value: string): Message {
  return { key, value: { stringValue: value } }
}
