import { Interned } from './decode-interned.ts'
import type { ProtobufReader } from './decode-reader.ts'

const texts = new Interned(1 << 13, 64, (reader, end) => {
  const start = reader.at
  reader.at = end
  return reader.bytes.utf8Slice(start, end)
})

/** The UTF-8 text from the reader's place up to `end`, which it moves to; what is no UTF-8 becomes U+FFFD. */
export function readText(reader: ProtobufReader, end: number): string {
  return texts.read(reader, end)
}
