import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Name } from './names.ts'
import { term } from './terms.ts'

/** More different texts than this are kept where they are used, so that hostile names fill rows that retention removes. */
const MOST = 50_000
/** UTF-16 units. Longer ones are no names. */
export const LONGEST_NAME = 1_024

/** Names of services, routes, spans: each is kept once and referred to by a number. */
export class Texts {
  private readonly ids = new Map<string, number>()
  private readonly texts = new Map<number, string>()
  /** By what they are found by as values. */
  private readonly terms = new Map<number, number>()
  private readonly insert: StatementSync

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT INTO text (id, text) VALUES (?, ?)')
    for (const row of database.prepare('SELECT id, text FROM text').iterate() as Iterable<{ id: number; text: string }>) {
      this.remember(row.id, row.text)
    }
  }

  private remember(id: number, text: string): void {
    this.ids.set(text, id)
    this.texts.set(id, text)
    this.terms.set(term(':value', text), id)
  }

  /** @returns undefined if there is no room for another one, or it is too long */
  idOf(text: string): number | undefined {
    let id = this.ids.get(text)
    if (id === undefined) {
      if (this.ids.size >= MOST || text.length > LONGEST_NAME) return undefined
      id = this.ids.size + 1
      this.insert.run(id, text)
      this.remember(id, text)
    }
    return id
  }

  /** The greatest id. */
  get size(): number {
    return this.ids.size
  }

  /** The text that is found by a term as a value. */
  idOfTerm(one: number): number | undefined {
    return this.terms.get(one)
  }

  textOf(id: number): string {
    return this.texts.get(id) ?? ''
  }

  /** After a transaction that was rolled back: those are no longer there. */
  forget(database: DatabaseSync): void {
    const kept = new Set((database.prepare('SELECT id FROM text').all() as { id: number }[]).map((row) => row.id))
    for (const [id, text] of this.texts) {
      if (kept.has(id)) continue
      this.texts.delete(id)
      this.ids.delete(text)
      this.terms.delete(term(':value', text))
    }
  }

  /** Those that hold a part, whatever the case. */
  *containing(part: string): Iterable<Name> {
    const wanted = part.toLowerCase()
    for (const [text, id] of this.ids) if (text.toLowerCase().includes(wanted)) yield { id, term: term(':value', text) }
  }
}
