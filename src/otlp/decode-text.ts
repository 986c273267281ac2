import type { ProtobufReader } from './decode-reader.ts'

/**
 * Keys, names, services, whole attributes repeat from span to span: what is made of their bytes is made once. A table by a hash of the
 * bytes, four at a time, is checked byte by byte, so that a collision costs time and never a wrong text. One place each, the newest
 * stays: texts that never repeat cost a copy and cannot fill memory.
 */
export class Interned<Made> {
  private readonly slots: (Slot<Made> | undefined)[]
  private readonly mask: number

  /** @param size a power of two */
  constructor(size: number) {
    this.slots = Array.from({ length: size })
    this.mask = size - 1
  }

  /** What was made of the same bytes before; undefined if nothing was. */
  find(view: DataView, start: number, end: number): Made | undefined {
    const slot = this.slots[hash(view, start, end) & this.mask]
    return slot !== undefined && same(slot.view, view, start, end - start) ? slot.made : undefined
  }

  /** From now on `find` gives this for the same bytes. */
  remember({ bytes, view }: ProtobufReader, start: number, end: number, made: Made): void {
    const copy = Uint8Array.prototype.slice.call(bytes, start, end)
    this.slots[hash(view, start, end) & this.mask] = { view: new DataView(copy.buffer, copy.byteOffset, copy.length), made }
  }
}

interface Slot<Made> {
  readonly view: DataView
  readonly made: Made
}

function hash(view: DataView, start: number, end: number): number {
  let mixed = end - start
  let at = start
  for (const whole = end - 3; at < whole; at += 4) mixed = Math.imul(mixed ^ view.getInt32(at, true), 0x9e3779b1)
  for (; at < end; at++) mixed = Math.imul(mixed ^ view.getUint8(at), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

function same(known: DataView, view: DataView, start: number, length: number): boolean {
  if (known.byteLength !== length) return false
  let at = 0
  for (const whole = length - 3; at < whole; at += 4)
    if (known.getInt32(at, true) !== view.getInt32(start + at, true)) return false
  for (; at < length; at++) if (known.getUint8(at) !== view.getUint8(start + at)) return false
  return true
}

const LONGEST = 64
const texts = new Interned<string>(1 << 13)

/** The UTF-8 text from the reader's place up to `end`, which it moves to; what is no UTF-8 becomes U+FFFD. */
export function readText(reader: ProtobufReader, end: number): string {
  const start = reader.at
  reader.at = end
  if (end - start > LONGEST) return reader.bytes.utf8Slice(start, end)
  const known = texts.find(reader.view, start, end)
  if (known !== undefined) return known
  const made = reader.bytes.utf8Slice(start, end)
  texts.remember(reader, start, end, made)
  return made
}
