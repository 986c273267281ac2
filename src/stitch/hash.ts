/** Two 32-bit hashes side by side: 64 bits without bigints. Not for secrets. */
export interface Hash {
  a: number
  b: number
}

/** Mixes a text into the hash; of one longer than 128 characters its length and both ends count. */
export function mixText(hash: Hash, text: string): void {
  const { length } = text
  let a = hash.a ^ length
  let b = hash.b
  const head = length > 128 ? 64 : length
  for (let i = 0; i < head; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b + code, 0x85ebca6b) ^ (b >>> 13)
  }
  for (let i = length > 128 ? length - 64 : length; i < length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b + code, 0x85ebca6b) ^ (b >>> 13)
  }
  hash.a = a
  hash.b = b
}

/** Mixes a number into the hash. */
export function mixNumber(hash: Hash, value: number): void {
  const low = value | 0
  const high = (value / 4_294_967_296) | 0
  hash.a = Math.imul(hash.a ^ low, 0xcc9e2d51) ^ (hash.a >>> 15)
  hash.a = Math.imul(hash.a ^ high, 0x1b873593)
  hash.b = Math.imul(hash.b + low, 0x85ebca6b) ^ (hash.b >>> 13)
  hash.b = Math.imul(hash.b + high, 0xc2b2ae35)
}

/** A well-spread 32-bit number of this one (MurmurHash3's finalizer). */
export function spread(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The hash as 16 hexadecimal digits. */
export function hexOf(hash: Hash): string {
  return spread(hash.a).toString(16).padStart(8, '0') + spread(hash.b).toString(16).padStart(8, '0')
}

/** A span id that is a function of this text: for spans that nobody sent, and for the second one under a shared id. */
export function idOf(text: string): string {
  const hash = { a: 0x811c9dc5, b: 0x9747b28c }
  mixText(hash, text)
  const id = hexOf(hash)
  return id === '0000000000000000' ? '0000000000000001' : id
}
