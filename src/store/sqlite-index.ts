import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BlockNames, type Name } from './sqlite-names.ts'
import { BLOCK, hasRow, noRows, OpenBlock, packRows, type Rows, unpackRows } from './sqlite-postings.ts'

import type { Texts } from './sqlite-texts.ts'

/** Which rows have which terms: the block that is being filled in memory, all others in a table. */
export class TermIndex {
  private open = { block: 0, terms: new OpenBlock() }
  private readonly names: BlockNames
  private readonly insert: StatementSync
  private readonly one: StatementSync
  private readonly remove: StatementSync

  constructor(database: DatabaseSync, texts: Texts) {
    this.names = new BlockNames(database, texts)
    this.insert = database.prepare('INSERT OR REPLACE INTO posting (block, term, rows) VALUES (?, ?, ?)')
    this.one = database.prepare('SELECT rows FROM posting WHERE block = ? AND term = ?')
    this.remove = database.prepare('DELETE FROM posting WHERE block < ?')
  }

  /** The last row is this one: its block is being filled, and has to be given again by `add`. @returns the block's first row */
  restart(seq: number): number {
    this.open = { block: Math.floor(seq / BLOCK), terms: new OpenBlock() }
    return this.open.block * BLOCK
  }

  /** A new row; rows come in their order. A full block is written in the order of its key. */
  add(seq: number, terms: Iterable<number>): void {
    const block = Math.floor(seq / BLOCK)
    if (block !== this.open.block) {
      const all = [...this.open.terms.terms].sort((one, other) => one[0] - other[0])
      for (const [term, rows] of all) this.insert.run(this.open.block, term, packRows(rows))
      this.names.write(this.open.block, this.open.terms.terms.keys())
      this.open = { block, terms: new OpenBlock() }
    }
    this.open.terms.add(seq % BLOCK, terms)
  }

  /** A row that was there has these terms too. Those that it has no more stay: whoever searches checks what can change. */
  extend(seq: number, terms: Iterable<number>): void {
    const block = Math.floor(seq / BLOCK)
    const row = seq % BLOCK
    if (block === this.open.block) return this.open.terms.add(row, terms)
    for (const term of terms) {
      const rows = noRows()
      const packed = this.one.get(block, term) as { rows: Uint8Array } | undefined
      if (packed !== undefined) unpackRows(packed.rows, rows)
      if (hasRow(rows, row)) continue
      const all = Array.from({ length: BLOCK }, (_, index) => index).filter((index) => index === row || hasRow(rows, index))
      this.insert.run(block, term, packRows(all))
      this.names.add(block, term)
    }
  }

  /** Adds to `into` the rows of a block with this term. */
  read(block: number, term: number, into: Rows): void {
    if (block === this.open.block) return this.open.terms.read(term, into)
    const packed = this.one.get(block, term) as { rows: Uint8Array } | undefined
    if (packed !== undefined) unpackRows(packed.rows, into)
  }

  /** The same for texts that may be values there. */
  readNames(block: number, names: readonly Name[], into: Rows): void {
    const some = block === this.open.block ? names : this.names.among(block, names)
    for (const { term } of some) this.read(block, term, into)
  }

  /** Rows up to this one are gone. */
  removeUntil(seq: number): void {
    const block = Math.floor((seq + 1) / BLOCK)
    this.remove.run(block)
    this.names.removeBefore(block)
  }
}
