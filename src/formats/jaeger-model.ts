import { array, isObject, object, text, type Json } from './json.ts'

/**
 * The spans of a document in Jaeger's internal model, which its storages and tests write as protobuf's JSON: ids in base64,
 * RFC 3339 times, each tag's value under its type. They are given as its API has them.
 * @returns undefined if this is no such document: a trace, or a span by itself
 */
export function modelSpans(document: unknown): readonly Json[] | undefined {
  if (!isObject(document)) return undefined
  if (isModelSpan(document)) return [plain(document, new Map())]
  const list = array(document['spans'])
  if (!list.some(isModelSpan)) return undefined
  const processes = array(document['processMap'] ?? document['process_map']).map(object)
  const byId = new Map(processes.map((entry) => [either(entry, 'processId', 'process_id'), entry['process']]))
  return list.map((span) => plain(object(span), byId))
}

function isModelSpan(value: unknown): value is Json {
  if (!isObject(value) || 'operationName' in value === 'operation_name' in value) return false
  return ('spanId' in value && 'traceId' in value) || ('span_id' in value && 'trace_id' in value)
}

/** A field by its name in JSON or in protobuf. */
function either(of: Json, name: string, other: string): unknown {
  return of[name] ?? of[other]
}

function plain(span: Json, processes: ReadonlyMap<unknown, unknown>): Json {
  const process = object(span['process'] ?? processes.get(either(span, 'processId', 'process_id')))
  return {
    ...identity(span),
    operationName: either(span, 'operationName', 'operation_name'),
    references: array(span['references']).map((reference) => referenceOf(object(reference))),
    flags: span['flags'],
    startTime: micros(either(span, 'startTime', 'start_time')),
    duration: micros(span['duration']),
    tags: tagsOf(span['tags']),
    logs: array(span['logs'])
      .map(object)
      .map((log) => ({ timestamp: micros(log['timestamp']), fields: tagsOf(log['fields']) })),
    process: { serviceName: either(process, 'serviceName', 'service_name'), tags: tagsOf(process['tags']) },
    warnings: span['warnings'],
  }
}

function identity(of: Json): Json {
  return { traceID: hex(either(of, 'traceId', 'trace_id')), spanID: hex(either(of, 'spanId', 'span_id')) }
}

function referenceOf(reference: Json): Json {
  const type = either(reference, 'refType', 'ref_type')
  return { ...identity(reference), refType: type === 1 ? 'FOLLOWS_FROM' : type }
}

/** 16 or 8 bytes in base64 as hexadecimal digits; anything else as it is. */
function hex(id: unknown): unknown {
  return /^(?:[\w+/-]{22}==|[\w+/-]{11}=)$/.test(text(id)) ? Buffer.from(text(id), 'base64').toString('hex') : id
}

/** A moment (RFC 3339) or a duration (`5ns`, `0.000005s`) as the digits of its microseconds; anything else as it is. */
function micros(value: unknown): unknown {
  const [, whole, part, unit] = /^(-?\d+)(?:\.(\d+))?(ns|us|µs|ms|s)$/.exec(text(value)) ?? []
  if (whole !== undefined) return digits(whole, part, NANOS[unit as keyof typeof NANOS])
  const [, second, fraction, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text(value)) ?? []
  const at = Date.parse(`${second}${zone}`)
  return Number.isNaN(at) ? value : digits(`${at / 1_000}`, fraction, NANOS.s)
}

const NANOS = { ns: 1n, us: 1_000n, µs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n }

function digits(whole: string, part = '', unit: bigint): string {
  const sign = whole.startsWith('-') ? '-' : ''
  const nanos = BigInt(whole.replace('-', '')) * unit + (BigInt(part.padEnd(9, '0').slice(0, 9)) * unit) / NANOS.s
  return `${sign}${nanos / 1_000n}.${`${nanos % 1_000n}`.padStart(3, '0')}`
}

/** Types of tags by their names and numbers; protobuf's JSON leaves out the first one, and values that are empty. */
const TYPES = [
  { name: 'STRING', type: 'string', field: 'vStr', other: 'v_str', none: '' },
  { name: 'BOOL', type: 'bool', field: 'vBool', other: 'v_bool', none: false },
  { name: 'INT64', type: 'int64', field: 'vInt64', other: 'v_int64', none: 0 },
  { name: 'FLOAT64', type: 'float64', field: 'vFloat64', other: 'v_float64', none: 0 },
  { name: 'BINARY', type: 'binary', field: 'vBinary', other: 'v_binary', none: '' },
] as const

function tagsOf(tags: unknown): unknown[] {
  return array(tags).map((tag) => {
    const of = object(tag)
    const said = either(of, 'vType', 'v_type')
    const { type, field, other, none } = TYPES.find(({ name }, number) => said === name || said === number) ?? TYPES[0]
    return { key: of['key'], type, value: either(of, field, other) ?? none }
  })
}
