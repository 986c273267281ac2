import type { Value, ValueMap } from '../model/span.ts'
import { Interned } from './decode-interned.ts'
import { type ProtobufReader, WIRE } from './decode-reader.ts'
import { readText } from './decode-text.ts'

/** Values inside values, at most this deep; a span with deeper ones is refused. */
export const DEEPEST = 64

/** `opentelemetry.proto.common.v1.AnyValue`, from the reader's place up to `end`. */
function decodeValue(reader: ProtobufReader, end: number): Value {
  let value: Value = null
  while (reader.at < end) {
    const tag = reader.varint()
    switch (tag) {
      case (1 << 3) | WIRE.bytes: {
        value = readText(reader, reader.until(end))
        break
      }
      case (2 << 3) | WIRE.varint:
        value = reader.varint() !== 0
        break
      case (3 << 3) | WIRE.varint:
        value = reader.int64()
        break
      case (4 << 3) | WIRE.fixed64:
        value = reader.double()
        break
      case (5 << 3) | WIRE.bytes:
        value = decodeArray(reader, reader.until(end))
        break
      case (6 << 3) | WIRE.bytes:
        value = decodeRecord(reader, reader.until(end))
        break
      case (7 << 3) | WIRE.bytes: {
        const stop = reader.until(end)
        value = Uint8Array.prototype.slice.call(reader.bytes, reader.at, stop)
        reader.at = stop
        break
      }
      default:
        reader.skip(tag, end)
    }
  }
  return value
}

function decodeArray(reader: ProtobufReader, end: number): Value[] {
  const values: Value[] = []
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === ((1 << 3) | WIRE.bytes)) values.push(decodeValue(reader, reader.until(end)))
    else reader.skip(tag, end)
  }
  return values
}

/** A KeyValueList. The record has no prototype: a key is a stranger's and may be `__proto__`. */
function decodeRecord(reader: ProtobufReader, end: number): { [key: string]: Value } {
  const record = Object.create(null) as { [key: string]: Value }
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === ((1 << 3) | WIRE.bytes))
      decodeAttribute(reader, reader.until(end), { set: (key, value) => (record[key] = value) })
    else reader.skip(tag, end)
  }
  return record
}

/** Whole attributes with plain values: most of them come with every request. Lists and records may be changed by whoever gets them. */
const pairs = new Interned(1 << 13, 192, decodePair, ([, value]) => typeof value !== 'object')

/** One KeyValue into a map; the last of a repeated key wins. */
export function decodeAttribute(reader: ProtobufReader, end: number, into: { set(key: string, value: Value): unknown }): void {
  const [key, value] = pairs.read(reader, end)
  into.set(key, value)
}

function decodePair(reader: ProtobufReader, end: number): readonly [key: string, value: Value] {
  let key = ''
  let value: Value = null
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === 0x0a) key = readText(reader, reader.until(end))
    else if (tag === 0x12) value = decodeValue(reader, reader.until(end))
    else reader.skip(tag, end)
  }
  return [key, value]
}

/** Attributes where there are none: shared, because most events and links and scopes have none. */
export const NO_ATTRIBUTES: ValueMap = new Map()
