import type { AttributeValue } from '../model/attributes.ts'
import { ProtoWriter, utf8Size } from './encode-writer.ts'

/** What is kept of an attribute's name: its bytes, and the whole pair for values that come again and again. */
interface Key {
  /** Field 1 of KeyValue, whole. */
  readonly bytes: Uint8Array
  /** The encoded pairs by value; undefined once the values turned out to be too many to remember. */
  pairs: Map<AttributeValue, Uint8Array> | undefined
}

/** More values than this and a name (`url.path`) is taken as one whose values do not repeat. */
const FEW = 100
const MOST_KEYS = 2_000
const keys = new Map<string, Key>()

function keyOf(name: string): Key {
  let key = keys.get(name)
  if (key === undefined) {
    if (keys.size >= MOST_KEYS) keys.clear()
    const writer = new ProtoWriter(name.length * 3 + 8)
    writer.textField(0x0a, name)
    keys.set(name, (key = { bytes: Uint8Array.prototype.slice.call(writer.written()), pairs: new Map() }))
  }
  return key
}

/**
 * Writes one attribute: a KeyValue in the field with this tag (0x4a in a span, 0x0a in a resource, 0x1a in an event, 0x22 in a link).
 */
export function writeAttribute(writer: ProtoWriter, tag: number, name: string, value: AttributeValue): void {
  const key = keyOf(name)
  const pair = key.pairs?.get(value)
  if (pair !== undefined) {
    writer.reserve(pair.length + 1)
    writer.bytes[writer.at++] = tag
    writer.raw(pair)
  } else if (key.pairs !== undefined && memorable(value)) remember(writer, tag, key, key.pairs, value)
  else writeString(writer, tag, key, value)
}

function memorable(value: AttributeValue): boolean {
  return typeof value === 'string' ? value.length < 256 : typeof value !== 'object'
}

function remember(
  writer: ProtoWriter,
  tag: number,
  key: Key,
  pairs: Map<AttributeValue, Uint8Array>,
  value: AttributeValue,
): void {
  const from = writer.at + 1
  writePair(writer, tag, key, value)
  if (pairs.size >= FEW) key.pairs = undefined
  else pairs.set(value, Uint8Array.prototype.slice.call(writer.bytes, from, writer.at))
}

/** The hot case of a value that does not repeat, without an intermediate buffer. */
function writeString(writer: ProtoWriter, tag: number, key: Key, value: AttributeValue): void {
  if (typeof value !== 'string') return writePair(writer, tag, key, value)
  const size = utf8Size(value)
  const any = 1 + varintSize(size) + size
  const pair = key.bytes.length + 1 + varintSize(any) + any
  writer.reserve(pair + 8)
  writer.bytes[writer.at++] = tag
  writer.varint(pair)
  writer.raw(key.bytes)
  writer.bytes[writer.at++] = 0x12
  writer.varint(any)
  writer.bytes[writer.at++] = 0x0a
  writer.varint(size)
  writer.text(value, size)
}

function writePair(writer: ProtoWriter, tag: number, key: Key, value: AttributeValue): void {
  const any = anyValue(value)
  writer.reserve(key.bytes.length + any.length + 12)
  writer.bytes[writer.at++] = tag
  writer.varint(key.bytes.length + 1 + varintSize(any.length) + any.length)
  writer.raw(key.bytes)
  writer.bytes[writer.at++] = 0x12
  writer.varint(any.length)
  writer.raw(any)
}

/** An AnyValue, without tag and length. What is no attribute value by the specification is written as its text. */
function anyValue(value: unknown): Uint8Array {
  const writer = new ProtoWriter(32)
  if (Array.isArray(value)) return arrayValue(value)
  if (typeof value === 'boolean') writer.raw(Uint8Array.of(0x10, value ? 1 : 0))
  else if (typeof value === 'number') writeNumber(writer, value)
  else writer.textField(0x0a, typeof value === 'string' ? value : String(value))
  return writer.written()
}

function arrayValue(values: readonly unknown[]): Uint8Array {
  const list = new ProtoWriter(64)
  for (const value of values) {
    const any = value === null || value === undefined ? new Uint8Array(0) : anyValue(value)
    list.reserve(12)
    list.bytes[list.at++] = 0x0a
    list.varint(any.length)
    list.raw(any)
  }
  const writer = new ProtoWriter(list.at + 12)
  writer.bytes[writer.at++] = 0x2a
  writer.varint(list.at)
  writer.raw(list.written())
  return writer.written()
}

/** A whole number is an int64 as JavaScript has no other, anything else a double. */
function writeNumber(writer: ProtoWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.bytes[writer.at++] = 0x18
    if (value >= 0) return writer.varint(value)
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 0x7fn; rest >>= 7n) writer.bytes[writer.at++] = Number(rest & 0x7fn) | 0x80
    writer.bytes[writer.at++] = Number(rest)
    return
  }
  writer.bytes[writer.at++] = 0x21
  writer.view.setFloat64(writer.at, value, true)
  writer.at += 8
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size++
  return size
}
