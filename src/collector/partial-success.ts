import { ProtobufReader } from '../otlp/decode-reader.ts'
import { encodingOf } from './answers.ts'

/** What a response has not taken, and why. An answer that cannot be read, or has no partial success, is one that took all. */
export function partialSuccess(contentType: string | undefined, body: Buffer): { rejected: number; message: string } {
  try {
    const encoding = encodingOf(contentType)
    if (encoding === 'json') return partialOfJson(body)
    if (encoding === 'protobuf') return partialOfProtobuf(new ProtobufReader(body))
  } catch {
    // Whoever answers in another way has taken it, as far as is known.
  }
  return { rejected: 0, message: '' }
}

function partialOfJson(body: Buffer): { rejected: number; message: string } {
  const given = JSON.parse(body.toString()) as { partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown } } | null
  const { rejectedSpans, errorMessage } = given?.partialSuccess ?? {}
  const rejected = Number(rejectedSpans)
  return { rejected: rejected > 0 ? rejected : 0, message: typeof errorMessage === 'string' ? errorMessage : '' }
}

function partialOfProtobuf(reader: ProtobufReader): { rejected: number; message: string } {
  const found = { rejected: 0, message: '' }
  const end = reader.bytes.length
  while (reader.at < end) {
    const tag = reader.tag()
    if (tag !== 0x0a) reader.skip(tag, end)
    else {
      const stop = reader.until(end)
      while (reader.at < stop) readPartial(reader, stop, found)
    }
  }
  return found
}

/** One field of a partial success. */
function readPartial(reader: ProtobufReader, end: number, found: { rejected: number; message: string }): void {
  const tag = reader.tag()
  if (tag === 0x08) found.rejected = Math.max(0, Number(reader.int64()))
  else if (tag === 0x12) {
    const stop = reader.until(end)
    found.message = reader.bytes.toString('utf8', reader.at, stop)
    reader.at = stop
  } else reader.skip(tag, end)
}
