import { addRows, noRows, rowsIn, type Rows, setRow } from './postings.ts'

/** What traces are found by: a hash, and for who has it again and again where its rows are in the block that is being filled. */
export class Term {
  readonly hash: number
  /** Until when `rows` are the ones. */
  turn = 0
  rows: number[] = NONE

  constructor(hash: number) {
    this.hash = hash
  }
}

/** Terms that come together again and again, as those of one line of code do. */
export class TermSet {
  readonly terms: readonly Term[]
  turn = 0
  rows: number[] = NONE

  constructor(terms: readonly Term[]) {
    this.terms = terms
  }
}

/** What a trace is found by; a term may be there twice. */
export interface Terms {
  readonly alone: readonly Term[]
  readonly sets: readonly TermSet[]
}

const NONE: number[] = []
let turns = 0

/** The postings of the block that is being filled. */
export class OpenBlock {
  /** Without those of `sets`. */
  private readonly terms = new Map<number, number[]>()
  /** Sets whose rows are not among those of their terms yet: a trace has ten times as many terms as sets. */
  private sets: Pick<TermSet, 'terms' | 'rows'>[] = []
  /** What knows a list of rows since before this turn, or from another block, begins a new one. */
  private turn = ++turns

  /** @param row its place in the block */
  add(row: number, { alone, sets }: Terms): void {
    for (const term of alone) {
      if (term.turn !== this.turn) this.find(term, row)
      put(row, term.rows)
    }
    for (const set of sets) {
      if (set.turn !== this.turn) this.begin(set, row)
      put(row, set.rows)
    }
  }

  /** A number beyond 32 bits takes a Map several times as long as a small one: each term is looked for once. */
  private find(term: Term, row: number): void {
    let rows = this.terms.get(term.hash)
    if (rows === undefined) this.terms.set(term.hash, (rows = [row]))
    term.turn = this.turn
    term.rows = rows
  }

  private begin(set: TermSet, row: number): void {
    set.turn = this.turn
    set.rows = [row]
    this.sets.push({ terms: set.terms, rows: set.rows })
  }

  /** All terms with their rows. */
  all(): ReadonlyMap<number, readonly number[]> {
    if (this.sets.length > 0) this.settle()
    return this.terms
  }

  /** Gives the rows of the sets to their terms. */
  private settle(): void {
    const found = new Map<number, Rows>()
    for (const { terms, rows } of this.sets) {
      const own = noRows()
      for (const row of rows) setRow(own, row)
      for (const { hash } of terms) found.set(hash, addRows(found.get(hash) ?? noRows(), own))
    }
    this.sets = []
    this.turn = ++turns
    for (const [term, rows] of found) this.merge(term, rows)
  }

  private merge(term: number, rows: Rows): void {
    for (const row of this.terms.get(term) ?? []) setRow(rows, row)
    this.terms.set(term, rowsIn(rows))
  }

  /** What the table has of a term. */
  put(term: number, rows: number[]): void {
    this.terms.set(term, rows)
  }

  /** In the order of the table. Numbers are sorted in a list of their own: pairs took several times as long. */
  *sorted(): Generator<[term: number, rows: readonly number[]]> {
    const all = this.all()
    for (const term of Float64Array.from(all.keys()).sort()) yield [term, all.get(term) ?? []]
  }

  /** Adds to `into` the rows with this term. */
  read(term: number, into: Rows): void {
    for (const row of this.all().get(term) ?? []) setRow(into, row)
  }
}

/** Puts a row in its place among rows that are in their order; most come last. */
function put(row: number, rows: number[]): void {
  const last = rows[rows.length - 1] as number
  if (row > last) rows.push(row)
  else if (row < last && !rows.includes(row)) {
    const next = rows.findIndex((one) => one > row)
    rows.splice(next, 0, row)
  }
}
