import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { PhaselineError } from '../model/errors.ts'
import type { Filter } from './contract.ts'
import { allRows, BLOCK, hasRow, keepRows, noRows, type OpenBlock, type Rows, unpackRows } from './sqlite-postings.ts'
import { durationTerm, LAST_DURATION, operationTerm, term } from './sqlite-terms.ts'
import type { Texts } from './sqlite-texts.ts'

/** A row that was found. */
export interface Found {
  readonly seq: number
  readonly id: Uint8Array
  readonly summary: Uint8Array
}

/** A range of terms, both ends included. */
type Range = readonly [low: number, high: number]
/** One of these must be there. */
type AnyOf = readonly Range[]

const exactly = (made: number): AnyOf => [[made, made]]

/** What a filter asks for in terms. All of them must hold. */
export function termsWanted(filter: Filter, texts: Texts): AnyOf[] {
  const wanted: AnyOf[] = []
  if (filter.cursor !== undefined) seqOf(filter.cursor)
  if (filter.operation !== undefined) {
    wanted.push(
      exactly(filter.service === undefined ? term(':name', filter.operation) : operationTerm(filter.service, filter.operation)),
    )
  } else if (filter.service !== undefined) wanted.push(exactly(term(':service', filter.service)))
  if (filter.route !== undefined) wanted.push(exactly(term('http.route', filter.route)))
  if (filter.phase !== undefined) wanted.push(exactly(term(':phase', filter.phase)))
  if (filter.middleware !== undefined) wanted.push(exactly(term('phaseline.middleware.name', filter.middleware)))
  if (filter.status !== undefined) wanted.push(exactly(term(':status', String(filter.status))))
  if (filter.error !== undefined) wanted.push(exactly(term(':error', filter.error)))
  if (filter.skew === true) wanted.push(exactly(term(':warning', 'clock_skew')))
  if (filter.orphans === true) wanted.push(exactly(term(':warning', 'orphan')))
  for (const [key, value] of Object.entries(filter.attributes ?? {})) wanted.push(exactly(term(key, value)))
  if (filter.minDurationNs !== undefined || filter.maxDurationNs !== undefined) wanted.push([durations(filter)])
  if (filter.text !== undefined && filter.text !== '') wanted.push(textTerms(filter.text, texts))
  return wanted
}

function durations(filter: Filter): Range {
  const { minDurationNs, maxDurationNs } = filter
  return [
    minDurationNs === undefined ? 0 : durationTerm(minDurationNs),
    maxDurationNs === undefined ? LAST_DURATION : durationTerm(maxDurationNs),
  ]
}

/** At most so many names that hold the text are looked for: more is no search. */
const MOST_NAMES = 200

function textTerms(text: string, texts: Texts): AnyOf {
  const terms: Range[] = [...exactly(term(':value', text))]
  for (const name of texts.containing(text)) {
    if (terms.length > MOST_NAMES) break
    terms.push(...exactly(term(':value', name)))
  }
  return terms
}

/** A cursor is the number of the last row that was given. */
function seqOf(cursor: string): number {
  if (!/^[1-9]\d{0,14}$/.test(cursor))
    throw new PhaselineError('bad_cursor', `${cursor.slice(0, 40)} is no cursor of a page before`)
  return Number(cursor)
}

/** Looks through the blocks from the newest to the oldest, as far as a page needs. */
export class Searcher {
  private readonly postings: StatementSync
  private readonly row: StatementSync
  private readonly last: StatementSync
  private readonly texts: Texts

  constructor(database: DatabaseSync, texts: Texts) {
    this.texts = texts
    this.postings = database.prepare('SELECT rows FROM posting WHERE block = ? AND term BETWEEN ? AND ?')
    this.row = database.prepare(
      'SELECT seq, id, summary FROM trace WHERE seq = ? AND start >= ? AND start <= ? AND duration >= ? AND duration <= ?',
    )
    // Two questions: asked for both at once, SQLite reads the whole table.
    this.last = database.prepare('SELECT (SELECT min(seq) FROM trace) AS first, (SELECT max(seq) FROM trace) AS last')
  }

  /** @param open the block that is being filled @returns one row more than `limit` if there is one */
  find(filter: Filter, limit: number, open: { block: number; terms: OpenBlock }): Found[] {
    const wanted = termsWanted(filter, this.texts)
    const { first, last } = this.last.get() as { first: number | null; last: number | null }
    if (first === null || last === null) return []
    const from = filter.cursor === undefined ? last : Math.min(seqOf(filter.cursor) - 1, last)
    const bounds = boundsOf(filter)
    const found: Found[] = []
    for (let block = Math.floor(from / BLOCK); block >= Math.floor(first / BLOCK) && found.length <= limit; block--) {
      const rows = this.candidates(block, wanted, open)
      if (rows === undefined) continue
      for (let seq = Math.min(block * BLOCK + BLOCK - 1, from); seq >= block * BLOCK && found.length <= limit; seq--) {
        if (!hasRow(rows, seq - block * BLOCK)) continue
        const row = this.row.get(seq, ...bounds) as Found | undefined
        if (row !== undefined) found.push(row)
      }
    }
    return found
  }

  private candidates(block: number, wanted: AnyOf[], open: { block: number; terms: OpenBlock }): Rows | undefined {
    const rows = allRows()
    for (const any of wanted) {
      const some = noRows()
      for (const [low, high] of any) {
        if (block === open.block) open.terms.read(low, high, some)
        else for (const posting of this.postings.all(block, low, high) as { rows: Uint8Array }[]) unpackRows(posting.rows, some)
      }
      if (!keepRows(rows, some)) return undefined
    }
    return rows
  }
}

const LARGEST = 2n ** 63n - 1n

/** A number of nanoseconds as SQLite can keep it: what is beyond 2262 is as good as its end. */
export function storable(ns: bigint): bigint {
  return ns > LARGEST ? LARGEST : ns < -LARGEST ? -LARGEST : ns
}

function boundsOf(filter: Filter): SQLInputValue[] {
  return [
    storable(filter.from ?? -LARGEST),
    filter.to === undefined ? LARGEST : storable(filter.to - 1n),
    storable(filter.minDurationNs ?? -LARGEST),
    storable(filter.maxDurationNs ?? LARGEST),
  ]
}
