import { PhaselineError } from '../model/errors.ts'

/** A body that is no message of the protocol at all: nothing of it can be used. */
export class MalformedError extends PhaselineError {
  constructor(reason: string) {
    super('malformed', reason)
  }
}

/**
 * So many parts a body may have: spans, attributes, values in lists, events, links. Each takes two bytes at least and a hundred once it is
 * read, and a body may have 64 MiB: it would not fit into memory, compressed to nothing. What SDKs send has some thirty bytes for each.
 */
export const MOST_PARTS: number = 1 << 22

/** What holds others, a resource or a scope, takes as much time as so many parts. */
export const OF_A_GROUP = 16

export function tooMany(): MalformedError {
  return new MalformedError(`it has more than ${MOST_PARTS} parts; send smaller batches`)
}

/** The wire types of Protocol Buffers that are still in use (groups are not). */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A Buffer with the methods behind its `toString(encoding, …)`, which Node has and its types leave out, and which skip its choice of an encoding. */
export interface Bytes extends Buffer {
  hexSlice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

/**
 * A cursor over the bytes of a protobuf message (https://protobuf.dev/programming-guides/encoding/). Every method reads at
 * `at` and moves it; what reaches beyond the end throws a MalformedError.
 */
export class ProtobufReader {
  readonly bytes: Bytes
  readonly view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as Bytes
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  }

  /** A tag: the field's number times eight plus its wire type. */
  tag(): number {
    const tag = this.varint()
    if (tag < 8) throw new MalformedError('a field with the number 0')
    return tag
  }

  /** A varint of at most 32 bits that matter; higher ones are cut off, as every parser does. */
  varint(): number {
    const { bytes } = this
    let byte = bytes[this.at++]
    if (byte === undefined) throw cut()
    if (byte < 128) return byte
    let value = byte & 127
    for (let shift = 7; shift < 70; shift += 7) {
      byte = bytes[this.at++]
      if (byte === undefined) throw cut()
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new MalformedError('a number of more than ten bytes')
  }

  /** A varint as a signed 64-bit integer: a number where that is exact, else a bigint. */
  int64(): number | bigint {
    const first = this.bytes[this.at]
    if (first !== undefined && first < 128) {
      this.at++
      return first
    }
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw cut()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return narrow(BigInt.asIntN(64, value))
    }
    throw new MalformedError('a number of more than ten bytes')
  }

  fixed64(): bigint {
    if (this.at + 8 > this.bytes.length) throw cut()
    const value = this.view.getBigUint64(this.at, true)
    this.at += 8
    return value
  }

  double(): number {
    if (this.at + 8 > this.bytes.length) throw cut()
    const value = this.view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  fixed32(): number {
    if (this.at + 4 > this.bytes.length) throw cut()
    const value = this.view.getUint32(this.at, true)
    this.at += 4
    return value
  }

  /** Reads the length of a length-delimited field. @param limit the end of the message around it @returns where it ends */
  until(limit: number): number {
    const length = this.varint()
    const end = this.at + length
    if (end > limit) throw cut()
    return end
  }

  /** Passes over a field that is not wanted. */
  skip(tag: number, limit: number): void {
    const wire = tag & 7
    if (wire === WIRE.varint) this.varint()
    else if (wire === WIRE.fixed64) this.at += 8
    else if (wire === WIRE.fixed32) this.at += 4
    else if (wire === WIRE.bytes) this.at = this.until(limit)
    else throw new MalformedError(`wire type ${wire}`)
    if (this.at > limit) throw cut()
  }
}

function cut(): MalformedError {
  return new MalformedError('it ends in the middle of a field')
}

/** A 64-bit integer as a number where that is exact. */
export function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}
