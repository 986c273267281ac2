import { ProtobufReader, WIRE } from '../otlp/decode-reader.ts'
import { sharing } from './heads.ts'
import type { Piece } from './pieces.ts'

const NOTHING = new Uint8Array()

const field = (number: number): number => (number << 3) | WIRE.bytes

/** The spans of a request that has been scanned, a piece each. */
export function* spansOf(body: Uint8Array): Generator<Piece> {
  const reader = new ProtobufReader(body)
  const shared = sharing()
  for (const resourceEnd of messages(reader, reader.bytes.length, field(1))) {
    const resource = besides(reader, resourceEnd)
    for (const scopeEnd of messages(reader, resourceEnd, field(2))) {
      const head = shared({ resource, scope: besides(reader, scopeEnd) })
      while (reader.at < scopeEnd) {
        const start = reader.at
        const tag = reader.tag()
        reader.skip(tag, scopeEnd)
        if (tag === field(2)) yield { head, body, start, end: reader.at }
      }
    }
  }
}

/** Goes to the beginning of each message under this tag. @returns where it ends, up to where it has to be read */
function* messages(reader: ProtobufReader, end: number, wanted: number): Generator<number> {
  while (reader.at < end) {
    const tag = reader.tag()
    if (tag === wanted) yield reader.until(end)
    else reader.skip(tag, end)
  }
}

/** The fields of a message but its field 2, side by side; leaves the reader where it was. */
function besides(reader: ProtobufReader, end: number): Buffer {
  const parts: Buffer[] = []
  const from = reader.at
  while (reader.at < end) {
    const start = reader.at
    const tag = reader.tag()
    reader.skip(tag, end)
    if (tag !== field(2)) parts.push(reader.bytes.subarray(start, reader.at))
  }
  reader.at = from
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

/** A piece of several spans as one piece each. */
export function* spansIn({ head, body, start, end }: Piece): Generator<Piece> {
  const reader = new ProtobufReader(body)
  reader.at = start
  while (reader.at < end) {
    const from = reader.at
    reader.tag()
    reader.at = reader.until(end)
    yield { head, body, start: from, end: reader.at }
  }
}

/** Neighbours are asked for one after the other: a reader takes longer to make than to use. */
let last: { readonly body: Uint8Array; readonly reader: ProtobufReader } = { body: NOTHING, reader: new ProtobufReader(NOTHING) }

/** The id of a piece of one span, as text. */
export function spanIdOf({ body, start, end }: Piece): string {
  if (last.body !== body) last = { body, reader: new ProtobufReader(body) }
  const { reader } = last
  reader.at = start
  reader.tag()
  reader.until(end)
  while (reader.at < end) {
    const tag = reader.tag()
    if (tag === field(2)) {
      const stop = reader.until(end)
      return reader.bytes.latin1Slice(reader.at, stop)
    }
    reader.skip(tag, end)
  }
  return ''
}
