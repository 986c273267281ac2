import { ProtobufReader } from '../otlp/decode-reader.ts'

/**
 * The messages in the first field of a protobuf message: where Tempo's API answers in protobuf, the trace is in there. OTLP has
 * its groups of spans in that field, so such an answer reads as OTLP without a span.
 * @returns undefined if this is no protobuf
 */
export function insideOf(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const reader = new ProtobufReader(bytes)
  const inside: Uint8Array[] = []
  try {
    while (reader.at < bytes.length) {
      const tag = reader.tag()
      if (tag === FIRST) {
        const end = reader.until(bytes.length)
        inside.push(bytes.subarray(reader.at, end))
        reader.at = end
      } else reader.skip(tag, bytes.length)
    }
  } catch {
    return undefined
  }
  return inside
}

/** The first field, of a message. */
const FIRST = 0x0a
