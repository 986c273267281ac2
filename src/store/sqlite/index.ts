import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BlockNames, type Name } from './names.ts'
import { OpenBlock, type Terms } from './open-block.ts'
import { BLOCK, hasRow, noRows, packRows, rowsIn, rowsOf, type Rows, unpackRows } from './postings.ts'
import { BlockSieve } from './sieve.ts'
import type { Texts } from './texts.ts'

/**
 * So many spans of the block that is being filled are not in the table at most: they are stitched again when the database is opened.
 * The block of most loads has fewer when it is full.
 */
const UNSAVED = 100_000

/** The block that is being filled. */
interface Open {
  readonly block: number
  readonly terms: OpenBlock
  /** Up to this row the table has its terms too. */
  saved: number
  /** Spans of the rows after it. */
  unsaved: number
}

interface Posting {
  readonly term: number
  readonly rows: Uint8Array
}

/** Which rows have which terms: the block that is being filled in memory, all others in a table. */
export class TermIndex {
  private open: Open = { block: 0, terms: new OpenBlock(), saved: 0, unsaved: 0 }
  private readonly names: BlockNames
  private readonly sieve: BlockSieve
  private readonly insert: StatementSync
  private readonly one: StatementSync
  private readonly remove: StatementSync
  private readonly ofBlock: StatementSync
  private readonly removeFrom: StatementSync
  private readonly indexed: StatementSync
  private readonly setIndexed: StatementSync

  constructor(database: DatabaseSync, texts: Texts) {
    this.names = new BlockNames(database, texts)
    this.sieve = new BlockSieve(database)
    this.insert = database.prepare('INSERT OR REPLACE INTO posting (block, term, rows) VALUES (?, ?, ?)')
    this.one = database.prepare('SELECT rows FROM posting WHERE block = ? AND term = ?')
    this.remove = database.prepare('DELETE FROM posting WHERE block < ?')
    this.ofBlock = database.prepare('SELECT term, rows FROM posting WHERE block = ?')
    this.removeFrom = database.prepare('DELETE FROM posting WHERE block >= ?')
    this.indexed = database.prepare('SELECT indexed FROM filling')
    this.setIndexed = database.prepare('UPDATE filling SET indexed = ?')
  }

  /** The last row is this one: its block is being filled. @returns the first row that has to be given again by `add` */
  restart(seq: number): number {
    const block = Math.floor(seq / BLOCK)
    const terms = new OpenBlock()
    const saved = this.savedOf(block, seq)
    this.sieve.forget()
    this.open = { block, terms, saved, unsaved: 0 }
    if (saved > 0) {
      for (const { term, rows } of this.ofBlock.iterate(block) as Iterable<unknown> as Iterable<Posting>)
        terms.put(term, rowsOf(rows))
    }
    return saved > 0 ? saved + 1 : block * BLOCK
  }

  private savedOf(block: number, seq: number): number {
    const { indexed } = this.indexed.get() as { indexed: number }
    if (indexed <= seq) return indexed >= block * BLOCK ? indexed : 0
    // Rows that are gone had these numbers once, and new ones will.
    this.removeFrom.run(block)
    this.setIndexed.run(0)
    return 0
  }

  /** Writes what the block that is being filled has, if that is a lot to work out again. */
  saveWhatIsDue(seq: number): void {
    if (this.open.unsaved > UNSAVED) this.save(seq)
  }

  /** Writes what the block that is being filled has. @param seq its last row */
  save(seq: number): void {
    const { block, terms, saved } = this.open
    if (seq <= Math.max(saved, block * BLOCK - 1)) return
    for (const [term, rows] of terms.sorted()) {
      if (rows.some((row) => block * BLOCK + row > saved)) this.insert.run(block, term, packRows(rows))
    }
    this.setIndexed.run(seq)
    this.open.saved = seq
    this.open.unsaved = 0
  }

  /** A new row, of so many spans; rows come in their order. A full block is written in the order of its key. */
  add(seq: number, terms: Terms, spans: number): void {
    const block = Math.floor(seq / BLOCK)
    if (block !== this.open.block) {
      for (const [term, rows] of this.open.terms.sorted()) this.insert.run(this.open.block, term, packRows(rows))
      this.names.write(this.open.block, this.open.terms.all().keys())
      this.sieve.write(this.open.block, this.open.terms.all())
      this.open = { block, terms: new OpenBlock(), saved: 0, unsaved: 0 }
    }
    this.open.terms.add(seq % BLOCK, terms)
    this.open.unsaved += spans
  }

  /** A row that was there has these terms too, and so many more spans. Those that it has no more stay: whoever searches checks what can change. */
  extend(seq: number, terms: Terms, spans: number): void {
    const block = Math.floor(seq / BLOCK)
    const row = seq % BLOCK
    if (block !== this.open.block) return this.write(block, row, terms)
    this.open.terms.add(row, terms)
    if (seq > this.open.saved) this.open.unsaved += spans
    else this.write(block, row, terms)
  }

  private write(block: number, row: number, { alone, sets }: Terms): void {
    for (const { hash: term } of [...alone, ...sets.flatMap((set) => set.terms)]) {
      const rows = noRows()
      const packed = this.one.get(block, term) as { rows: Uint8Array } | undefined
      if (packed !== undefined) unpackRows(packed.rows, rows)
      if (hasRow(rows, row)) continue
      this.insert.run(block, term, packRows([...rowsIn(rows), row].sort((one, other) => one - other)))
      if (block === this.open.block) continue
      this.names.add(block, term)
      this.sieve.add(block, term)
    }
  }

  /** Adds to `into` the rows of a block with this term. */
  read(block: number, term: number, into: Rows): void {
    if (block === this.open.block) return this.open.terms.read(term, into)
    if (!this.sieve.mayHave(block, term)) return
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
    this.sieve.removeBefore(block)
  }
}
