import { share } from '../model/shared-attributes.ts'
import type { Value, ValueMap } from '../model/span.ts'
import { Interned } from './decode-interned.ts'
import type { ProtobufReader } from './decode-reader.ts'
import { decodeAttribute } from './decode-value.ts'

/** Field 9 of Span. */
const ATTRIBUTE = 0x4a

/** What stands in a row has to be there once: those of one line of code come with the same bytes again and again. */
const rows = new Interned(1 << 12, 512, decodeRow, (attributes) => {
  for (const value of attributes.values()) if (typeof value === 'object') return false
  share(attributes)
  return true
})

/** From behind the tag of the first one. */
function decodeRow(reader: ProtobufReader, end: number): Map<string, Value> {
  const attributes = new Map<string, Value>()
  for (;;) {
    decodeAttribute(reader, reader.until(end), attributes)
    if (reader.at >= end) return attributes
    reader.at++
  }
}

/** The span's attributes that stand in a row where the reader is, behind the tag of the first; with those that came before. */
export function decodeAttributes(reader: ProtobufReader, limit: number, before: ValueMap | undefined): ValueMap {
  const row = rows.read(reader, endOfRow(reader, limit))
  return before === undefined ? row : new Map([...before, ...row])
}

function endOfRow(reader: ProtobufReader, limit: number): number {
  const { bytes, at: start } = reader
  reader.at = reader.until(limit)
  while (reader.at < limit && bytes[reader.at] === ATTRIBUTE) {
    reader.at++
    reader.at = reader.until(limit)
  }
  const end = reader.at
  reader.at = start
  return end
}
