import type { ProtobufReader } from './decode-reader.ts'

/**
 * Keys, names, services, whole attributes repeat from span to span: what is made of their bytes is made once. A table by a hash of the
 * bytes, checked byte by byte, so that a collision costs time and never a wrong text. One place each: who comes for the second time in
 * a row gets it, so that what never repeats costs a hash, not a copy, and cannot fill memory.
 */
export class Interned<Made> {
  private readonly made: (Made | undefined)[]
  private readonly lengths: Uint16Array
  /** The hash of what was made last for each place, and not kept. */
  private readonly missed: Int32Array
  /** The bytes of all places, one after the other: a buffer each took more memory and time than what is in them. */
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly mask: number
  private readonly longest: number
  private readonly make: (reader: ProtobufReader, end: number) => Made
  private readonly keeps: (made: Made) => boolean

  /**
   * @param size places, a power of two
   * @param longest what has more bytes is always made anew
   * @param make reads up to `end`, and moves there
   * @param keeps whether what was made may be given to several
   */
  constructor(
    size: number,
    longest: number,
    make: (reader: ProtobufReader, end: number) => Made,
    keeps: (made: Made) => boolean = () => true,
  ) {
    this.made = Array.from({ length: size })
    this.lengths = new Uint16Array(size)
    this.missed = new Int32Array(size)
    this.bytes = new Uint8Array(size * longest)
    this.view = new DataView(this.bytes.buffer)
    this.mask = size - 1
    this.longest = longest
    this.make = make
    this.keeps = keeps
  }

  /** What is made of the bytes from the reader's place up to `end`, where the reader moves, or was made of the same before. */
  read(reader: ProtobufReader, end: number): Made {
    const start = reader.at
    const length = end - start
    if (length > this.longest) return this.make(reader, end)
    const hashed = hash(reader.view, start, end)
    const place = hashed & this.mask
    const known = this.made[place]
    if (
      known !== undefined &&
      this.lengths[place] === length &&
      same(this.view, place * this.longest, reader.view, start, length)
    ) {
      reader.at = end
      return known
    }
    const made = this.make(reader, end)
    if (this.missed[place] !== hashed) this.missed[place] = hashed
    else if (this.keeps(made)) this.keep(place, reader.bytes.subarray(start, end), made)
    return made
  }

  private keep(place: number, bytes: Uint8Array, made: Made): void {
    this.made[place] = made
    this.lengths[place] = bytes.length
    this.bytes.set(bytes, place * this.longest)
  }
}

/** Of the bytes of a part of a view, four at a time; the last four may overlap those before. */
export function hash(view: DataView, start: number, end: number): number {
  let mixed = end - start
  const last = end - 4
  if (last < start) {
    for (let at = start; at < end; at++) mixed = Math.imul(mixed ^ view.getUint8(at), 0x85ebca6b)
    return mixed ^ (mixed >>> 15)
  }
  for (let at = start; at < last; at += 4) mixed = Math.imul(mixed ^ view.getInt32(at, true), 0x9e3779b1)
  mixed = Math.imul(mixed ^ view.getInt32(last, true), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

/** Whether as many bytes from two places are the same. */
export function same(known: DataView, from: number, view: DataView, start: number, length: number): boolean {
  const last = length - 4
  if (last < 0) {
    for (let at = 0; at < length; at++) if (known.getUint8(from + at) !== view.getUint8(start + at)) return false
    return true
  }
  for (let at = 0; at < last; at += 4) if (known.getInt32(from + at, true) !== view.getInt32(start + at, true)) return false
  return known.getInt32(from + last, true) === view.getInt32(start + last, true)
}
