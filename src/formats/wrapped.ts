import { ProtobufReader } from '../otlp/decode-reader.ts'
import { readOtlp } from './otlp.ts'
import { together, Unusable, type Reading } from './refusal.ts'

/**
 * Reads OTLP in the first field of another protobuf message, where Tempo's API has the trace. OTLP has its groups of spans in
 * that field, so such an answer reads as OTLP without a span.
 * @returns undefined if that is not what it is
 */
export function readWrapped(bytes: Uint8Array): Reading | undefined {
  const inside = (fieldsOf(bytes) ?? []).filter(({ tag }) => tag === FIRST)
  try {
    const reading = together(inside.map(({ content }) => readOtlp(content, 'protobuf')))
    return reading.spans.length > 0 ? reading : undefined
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    return undefined
  }
}

/** Whether a protobuf message that has no span is one of OTLP all the same: nothing is in it but groups of spans, which have none. */
export function isEmptyOtlp(bytes: Uint8Array): boolean {
  const groups = fieldsOf(bytes) ?? [{ tag: 0, content: bytes }]
  return groups.every(
    ({ tag, content }) => tag === FIRST && (fieldsOf(content)?.every((field) => IN_GROUP.has(field.tag)) ?? false),
  )
}

/** The first field, of a message: groups of spans by their resource. */
const FIRST = 0x0a

/** In a group: the resource, spans by their scope (also as before OTLP 1.0), the URL of a schema. */
const IN_GROUP: ReadonlySet<number> = new Set([0x0a, 0x12, 0x1a, (1_000 << 3) | 2])

/** The fields of a message: their tags, and what is in those that have a length. @returns undefined if this is no protobuf */
function fieldsOf(bytes: Uint8Array): { readonly tag: number; readonly content: Uint8Array }[] | undefined {
  const reader = new ProtobufReader(bytes)
  const fields = []
  try {
    while (reader.at < bytes.length) {
      const tag = reader.tag()
      const from = (tag & 7) === 2 ? lengthEnd(bytes, reader.at) : reader.at
      reader.skip(tag, bytes.length)
      fields.push({ tag, content: bytes.subarray(from, reader.at) })
    }
  } catch {
    return undefined
  }
  return fields
}

/** Where the varint that begins here is over. */
function lengthEnd(bytes: Uint8Array, at: number): number {
  let end = at
  while ((bytes[end] ?? 0) >= 0x80) end++
  return end + 1
}
