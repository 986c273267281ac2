/** How many traces share a block of postings. */
export const BLOCK = 1_024
const WORDS = BLOCK / 32

/** Which rows of a block have a term: a bit each. */
export type Rows = Uint32Array

export function noRows(): Rows {
  return new Uint32Array(WORDS)
}

export function allRows(): Rows {
  return new Uint32Array(WORDS).fill(0xffffffff)
}

/** As bytes: up to 63 rows are two bytes each, more are a bit map of 128 bytes. */
export function packRows(rows: readonly number[]): Uint8Array {
  if (rows.length < WORDS * 2) return packFew(rows)
  const bits = noRows()
  for (const row of rows) setRow(bits, row)
  return new Uint8Array(bits.buffer)
}

/** In a part of Node's pool of small buffers: there are thousands of them to a block. */
function packFew(rows: readonly number[]): Uint8Array {
  const packed = Buffer.allocUnsafe(rows.length * 2)
  let at = 0
  for (const row of rows) {
    packed[at++] = row & 0xff
    packed[at++] = row >>> 8
  }
  return packed
}

/** Adds a row to `rows`. */
export function setRow(rows: Rows, row: number): void {
  rows[row >>> 5] = (rows[row >>> 5] as number) | (1 << (row & 31))
}

export function hasRow(rows: Rows, row: number): boolean {
  return ((rows[row >>> 5] as number) & (1 << (row & 31))) !== 0
}

/** Adds packed rows to `into`. */
export function unpackRows(packed: Uint8Array, into: Rows): void {
  if (packed.length < WORDS * 4) {
    for (let at = 0; at + 1 < packed.length; at += 2) setRow(into, (packed[at] as number) | ((packed[at + 1] as number) << 8))
    return
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  for (let word = 0; word < WORDS; word++) into[word] = (into[word] as number) | view.getUint32(word * 4, true)
}

/** Packed rows as a list, in their order. */
export function rowsOf(packed: Uint8Array): number[] {
  const rows = noRows()
  unpackRows(packed, rows)
  return rowsIn(rows)
}

/** The rows that are set, in their order. */
export function rowsIn(rows: Rows): number[] {
  const list: number[] = []
  for (const [word, bits] of rows.entries()) {
    for (let left = bits; left !== 0; left &= left - 1) list.push(word * 32 + 31 - Math.clz32(left & -left))
  }
  return list
}

/** Adds all that is in `other` to `rows`. */
export function addRows(rows: Rows, other: Rows): Rows {
  for (let word = 0; word < WORDS; word++) rows[word] = (rows[word] as number) | (other[word] as number)
  return rows
}

/** Keeps in `rows` what is in `other` too. @returns whether anything is left */
export function keepRows(rows: Rows, other: Rows): boolean {
  let left = 0
  for (let word = 0; word < WORDS; word++) left |= rows[word] = (rows[word] as number) & (other[word] as number)
  return left !== 0
}
