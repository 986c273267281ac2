import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Bits for each term and how many of them are set: one in 80 that is not there passes. */
const BITS = 10
const SET = 4
/** Bytes of a block at most: one whose traces are made of nothing but different values is looked into. */
const LARGEST = 16 * 1024
/** Bytes that are remembered: those of some 200 million spans. */
const REMEMBERED = 32 * 1024 * 1024

/**
 * Says of most blocks, without looking for it there, that they have not got a term (a Bloom filter each). Measured at 10 million
 * spans, with nothing in the system's memory: the value of an attribute took 655 reads of the disk without.
 */
export class BlockSieve {
  private readonly known = new Map<number, Uint8Array>()
  private bytes = 0
  private readonly insert: StatementSync
  private readonly select: StatementSync
  private readonly remove: StatementSync

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT OR REPLACE INTO sieve (block, bits) VALUES (?, ?)')
    this.select = database.prepare('SELECT bits FROM sieve WHERE block = ?')
    this.remove = database.prepare('DELETE FROM sieve WHERE block < ?')
  }

  /** A block is full. @param terms all that it has */
  write(block: number, terms: ReadonlyMap<number, unknown>): void {
    const bits = new Uint8Array(Math.min(LARGEST, 1 + Math.ceil((terms.size * BITS) / 8)))
    for (const term of terms.keys()) setBits(bits, term)
    this.insert.run(block, bits)
    this.remember(block, bits)
  }

  /** A full block has this term too. */
  add(block: number, term: number): void {
    const bits = this.read(block)
    if (bits === undefined || this.mayHave(block, term)) return
    setBits(bits, term)
    this.insert.run(block, bits)
  }

  /** Whether a full block may have a term; also if nothing is known of it. */
  mayHave(block: number, term: number): boolean {
    const bits = this.read(block)
    return bits === undefined || hasAll(bits, term)
  }

  private read(block: number): Uint8Array | undefined {
    const known = this.known.get(block)
    if (known !== undefined) return known
    const row = this.select.get(block) as { bits: Uint8Array } | undefined
    if (row !== undefined) this.remember(block, row.bits)
    return row?.bits
  }

  private remember(block: number, bits: Uint8Array): void {
    if (this.bytes + bits.length > REMEMBERED) return
    this.bytes += bits.length - (this.known.get(block)?.length ?? 0)
    this.known.set(block, bits)
  }

  /** Blocks before this one are gone. */
  removeBefore(block: number): void {
    this.remove.run(block)
    for (const [one, { length }] of this.known) if (one < block && this.known.delete(one)) this.bytes -= length
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.known.clear()
    this.bytes = 0
  }
}

const WORD = 2 ** 32
/** A term is 48 bits of a hash: its upper and its lower part are as good as two. */
const stepOf = (term: number): number => Math.imul(Math.floor(term / WORD) + 1, 0x9e3779b1) >>> 0

function hasAll(bits: Uint8Array, term: number): boolean {
  const step = stepOf(term)
  for (let index = 0, at = term % WORD; index < SET; index++, at += step) {
    const place = at % (bits.length * 8)
    if (((bits[place >>> 3] as number) & (1 << (place & 7))) === 0) return false
  }
  return true
}

function setBits(bits: Uint8Array, term: number): void {
  const step = stepOf(term)
  for (let index = 0, at = term % WORD; index < SET; index++, at += step) {
    const place = at % (bits.length * 8)
    bits[place >>> 3] = (bits[place >>> 3] as number) | (1 << (place & 7))
  }
}
