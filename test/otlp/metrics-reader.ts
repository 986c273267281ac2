import protobuf from 'protobufjs'

/** The part of OpenTelemetry's metrics protocol that we send, written down anew: our encoder is judged by somebody else's reader. */
const PROTO = `
syntax = "proto3";
message ExportMetricsServiceRequest { repeated ResourceMetrics resource_metrics = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
message Scope { string name = 1; }
message Metric { string name = 1; string description = 2; string unit = 3;
  oneof data { Sum sum = 7; ExponentialHistogram exponential_histogram = 10; } }
message Sum { repeated NumberDataPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message NumberDataPoint { repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; } }
message ExponentialHistogram { repeated ExponentialHistogramDataPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialHistogramDataPoint { repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  fixed64 count = 4; double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8; Buckets negative = 9;
  repeated Exemplar exemplars = 11; double min = 12; double max = 13; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message Exemplar { fixed64 time_unix_nano = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`
const request = protobuf.parse(PROTO, { keepCase: false }).root.lookupType('ExportMetricsServiceRequest')

interface SentExemplar {
  readonly traceId: string
  readonly spanId: string
  readonly value: number
  readonly time: bigint
}

export interface SentPoint {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly start: bigint
  readonly time: bigint
  /** Of a sum. */
  readonly asInt: number | undefined
  readonly asDouble: number | undefined
  /** Of a histogram. */
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly scale: number
  readonly zeroCount: number
  readonly offset: number
  readonly counts: number[]
  readonly exemplars: SentExemplar[]
}

export interface SentMetric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly kind: 'histogram' | 'sum'
  readonly temporality: number
  readonly monotonic: boolean | undefined
  readonly points: SentPoint[]
  readonly resource: Readonly<Record<string, unknown>>
}

type Raw = Record<string, unknown>

/** The metrics of a request body, in the order in which they are in it. */
export function readMetrics(body: Uint8Array): SentMetric[] {
  const decoded = request.toObject(request.decode(body), { longs: String, bytes: Buffer, arrays: true })
  return list(decoded['resourceMetrics']).flatMap(({ resource, scopeMetrics }) =>
    list(scopeMetrics).flatMap(({ metrics }) =>
      list(metrics).map((metric) => metricOf(metric, pairs((resource as Raw | undefined)?.['attributes']))),
    ),
  )
}

function list(value: unknown): Raw[] {
  return (value ?? []) as Raw[]
}

function metricOf({ name, unit, description, sum, exponentialHistogram }: Raw, resource: Raw): SentMetric {
  const data = (exponentialHistogram ?? sum) as Raw
  return {
    name: String(name),
    unit: String(unit),
    description: String(description),
    kind: exponentialHistogram === undefined ? 'sum' : 'histogram',
    temporality: Number(data['aggregationTemporality']),
    monotonic: data['isMonotonic'] as boolean | undefined,
    points: list(data['dataPoints']).map(pointOf),
    resource,
  }
}

function pointOf(raw: Raw): SentPoint {
  const positive = (raw['positive'] ?? {}) as Raw
  const number = (key: string): number => Number(raw[key] ?? 0)
  return {
    attributes: pairs(raw['attributes']),
    start: BigInt(raw['startTimeUnixNano'] as string),
    time: BigInt(raw['timeUnixNano'] as string),
    asInt: raw['asInt'] === undefined ? undefined : number('asInt'),
    asDouble: raw['asDouble'] as number | undefined,
    count: number('count'),
    sum: number('sum'),
    min: number('min'),
    max: number('max'),
    scale: number('scale'),
    zeroCount: number('zeroCount'),
    offset: Number(positive['offset'] ?? 0),
    counts: ((positive['bucketCounts'] ?? []) as unknown[]).map(Number),
    exemplars: list(raw['exemplars']).map((exemplar) => ({
      traceId: (exemplar['traceId'] as Buffer).toString('hex'),
      spanId: (exemplar['spanId'] as Buffer).toString('hex'),
      value: exemplar['asDouble'] as number,
      time: BigInt(exemplar['timeUnixNano'] as string),
    })),
  }
}

function pairs(attributes: unknown): Raw {
  return Object.fromEntries(list(attributes).map(({ key, value }) => [key, Object.values(value as Raw)[0]]))
}
