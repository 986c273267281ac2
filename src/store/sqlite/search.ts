import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { PhaselineError } from '../../model/errors.ts'
import type { Summary } from '../../model/summary.ts'
import type { Filter, Page } from '../contract.ts'
import type { Columns } from './columns.ts'
import type { TermIndex } from './index.ts'
import { storable } from './integers.ts'
import type { Name } from './names.ts'
import { allRows, BLOCK, hasRow, keepRows, noRows, type Rows } from './postings.ts'
import { hexOf, unpackSummary } from './summary.ts'
import { operationTerm, term } from './terms.ts'
import type { Texts } from './texts.ts'
import { isDamage } from './trouble.ts'
import type { Tables } from './writer.ts'

/** A row that was found. */
interface Row {
  readonly seq: number
  readonly id: Uint8Array
  readonly summary: Uint8Array
}

interface Found {
  readonly seq: number
  readonly summary: Summary
}

/** One of these terms, or of these names, must be there. */
interface AnyOf {
  readonly terms: readonly number[]
  readonly names: readonly Name[]
}

/** Of whatever service; the second is all that older versions wrote. */
const FAILED = [term('otel.status_code', 'ERROR'), term(':error', true)]

/** What a filter asks for in terms. All of them must hold. */
function termsWanted(filter: Filter, texts: Texts): AnyOf[] {
  const wanted: AnyOf[] = []
  const want = (one: number): number => wanted.push({ terms: [one], names: [] })
  if (filter.cursor !== undefined) seqOf(filter.cursor)
  if (filter.operation !== undefined) {
    const { service, operation } = filter
    want(service === undefined ? term(':name', operation) : operationTerm(service, operation))
  } else if (filter.service !== undefined) want(term(':service', filter.service))
  if (filter.route !== undefined) want(term('http.route', filter.route))
  if (filter.phase !== undefined) want(term(':phase', filter.phase))
  if (filter.middleware !== undefined) want(term('phaseline.middleware.name', filter.middleware))
  if (filter.status !== undefined) want(term(':status', String(filter.status)))
  if (filter.statusClass !== undefined) want(term(':status-class', String(filter.statusClass)))
  if (filter.inFlight === true) want(term(':warning', 'in_flight'))
  if (filter.error !== undefined) want(term(':error', filter.error))
  if (filter.failed === true)
    wanted.push({ terms: filter.service === undefined ? FAILED : [term(':failed', filter.service)], names: [] })
  if (filter.skew === true) want(term(':warning', 'clock_skew'))
  if (filter.orphans === true) want(term(':warning', 'orphan'))
  for (const [key, value] of Object.entries(filter.attributes ?? {})) {
    // Jaeger's way to say whose attribute is meant.
    const keys = key.startsWith('resource.') ? [key, key.slice('resource.'.length)] : [key]
    wanted.push({ terms: keys.map((one) => term(one, value)), names: [] })
  }
  if (filter.text !== undefined && filter.text !== '') wanted.push(textTerms(filter.text, texts))
  return wanted
}

/** At most so many names that hold the text are looked for: more is no search. */
const MOST_NAMES = 200

function textTerms(given: string, texts: Texts): AnyOf {
  const text = given.trim()
  return { terms: [term(':value', text)], names: [...texts.containing(text)].slice(0, MOST_NAMES) }
}

/** A cursor is the number of the last row that was given. */
function seqOf(cursor: string): number {
  if (!/^[1-9]\d{0,14}$/.test(cursor))
    throw new PhaselineError('bad_cursor', `${cursor.slice(0, 40)} is no cursor of a page before`)
  return Number(cursor)
}

const MOST_RESULTS = 1_500

/** Looks through the blocks from the newest to the oldest, as far as a page needs. */
export class Searcher {
  private readonly texts: Texts
  private readonly index: TermIndex
  private readonly columns: Columns
  private readonly row: StatementSync
  private readonly ends: StatementSync
  private readonly known: StatementSync
  private readonly onDamage: (error: unknown) => void

  /** @param onDamage told of what had to be left out */
  constructor(
    database: DatabaseSync,
    { texts, index, columns }: Pick<Tables, 'texts' | 'index' | 'columns'>,
    onDamage: (error: unknown) => void,
  ) {
    this.onDamage = onDamage
    this.texts = texts
    this.index = index
    this.columns = columns
    this.row = database.prepare(
      'SELECT seq, id, summary FROM trace WHERE seq = ? AND start >= ? AND start <= ? AND duration >= ? AND duration <= ?',
    )
    // Two questions: asked for both at once, SQLite reads the whole table.
    this.ends = database.prepare('SELECT (SELECT min(seq) FROM trace) AS first, (SELECT max(seq) FROM trace) AS last')
    this.known = database.prepare('SELECT seq, id, summary FROM trace WHERE id = ?')
  }

  page(filter: Filter): Page {
    const limit = Math.max(1, Math.min(Math.trunc(filter.limit ?? 20), MOST_RESULTS))
    const text = filter.text?.trim()
    if (text !== undefined && /^[0-9a-fA-F]{32}$/.test(text)) return this.byId(text)
    const found = this.find(filter, limit + 1)
    const more = found.length > limit
    return { items: found.slice(0, limit).map((one) => one.summary), next: more ? String(found[limit - 1]?.seq) : null }
  }

  private byId(traceId: string): Page {
    const row = this.known.get(Buffer.from(traceId, 'hex')) as Row | undefined
    return { items: row === undefined ? [] : [this.summaryOf(row)], next: null }
  }

  private summaryOf(row: Row): Summary {
    return unpackSummary(hexOf(row.id), row.summary, this.texts).summary
  }

  private find(filter: Filter, most: number): Found[] {
    const wanted = termsWanted(filter, this.texts)
    const { first, last } = this.ends.get() as { first: number | null; last: number | null }
    if (first === null || last === null) return []
    const from = filter.cursor === undefined ? last : Math.min(seqOf(filter.cursor) - 1, last)
    const found: Found[] = []
    for (let block = Math.floor(from / BLOCK); block >= Math.floor(first / BLOCK) && found.length < most; block--) {
      const rows = this.readable(() => this.candidates(block, filter, wanted))
      if (rows !== undefined) this.collect(rows, block, from, filter, most, found)
    }
    return found
  }

  /** Rows of a block that have all the terms and may be within the times; undefined for none, and then what ruled it out is asked first of the next. */
  private candidates(block: number, filter: Filter, wanted: AnyOf[]): Rows | undefined {
    if (!this.columns.mayHold(block, filter)) return undefined
    const rows = allRows()
    for (const [index, { terms, names }] of wanted.entries()) {
      const some = noRows()
      for (const one of terms) this.index.read(block, one, some)
      if (names.length > 0) this.index.readNames(block, names, some)
      if (keepRows(rows, some)) continue
      wanted.unshift(...wanted.splice(index, 1))
      return undefined
    }
    this.columns.narrow(block, filter, rows)
    return rows
  }

  /** One damaged page is no reason to give nothing. @returns undefined if it is on one */
  private readable<Result>(read: () => Result): Result | undefined {
    try {
      return read()
    } catch (error) {
      if (!isDamage(error)) throw error
      this.onDamage(error)
      return undefined
    }
  }

  private collect(rows: Rows, block: number, from: number, filter: Filter, most: number, found: Found[]): void {
    const bounds = boundsOf(filter)
    for (let seq = Math.min(block * BLOCK + BLOCK - 1, from); seq >= block * BLOCK && found.length < most; seq--) {
      if (!hasRow(rows, seq - block * BLOCK)) continue
      const row = this.readable(() => this.row.get(seq, ...bounds)) as Row | undefined
      if (row === undefined) continue
      const summary = this.summaryOf(row)
      if (stillHolds(filter, summary)) found.push({ seq, summary })
    }
  }
}

/** Late spans can take away what an earlier version had: a parent that was missing has come. */
function stillHolds(filter: Filter, summary: Summary): boolean {
  const { status, error, warnings, inFlight } = summary
  if (filter.failed === true && !hasFailed(summary, filter.service)) return false
  if (filter.statusClass !== undefined && filter.statusClass !== Math.floor((status ?? 0) / 100)) return false
  if (filter.inFlight !== undefined && filter.inFlight !== inFlight) return false
  if (filter.status !== undefined && filter.status !== status) return false
  if (filter.error !== undefined && filter.error !== error) return false
  return (filter.skew !== true || warnings.has('clock_skew')) && (filter.orphans !== true || warnings.has('orphan'))
}

/** Whether a span failed, of this service if one is given; where that is not known, whether the whole did. */
function hasFailed({ error, received }: Summary, service: string | undefined): boolean {
  if (received === undefined) return error
  return [...received.services].some(([name, { errors }]) => errors > 0 && (service === undefined || service === name))
}

/** Every number that the columns can have. */
const ALL = 2n ** 63n - 1n

function boundsOf({ from, to, minDurationNs, maxDurationNs }: Filter): SQLInputValue[] {
  return [
    storable(from ?? -ALL),
    to === undefined ? ALL : storable(to - 1n),
    storable(minDurationNs ?? -ALL),
    storable(maxDurationNs ?? ALL),
  ]
}
