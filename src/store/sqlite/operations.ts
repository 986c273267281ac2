import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SpanKind } from '../../model/phases.ts'
import type { Timeline } from '../../model/timeline.ts'
import type { Operation } from '../contract.ts'
import { LONGEST_NAME, type Texts } from './texts.ts'

/** More of all, and of one service, are not listed: names that are made up for every request are no operations. */
const MOST = 100_000
const MOST_OF_ONE = 10_000
/** Each of so many services is listed, with one operation at least. */
const MOST_SERVICES = 10_000

/** The operations of a timeline; some may be there twice. What stitching made up, with no source, is none. */
export type OperationsOf = Iterable<Operation & { readonly service: string; readonly source?: unknown }>

/** After so many spans others get their turn. */
const STEP = 20_000

/** Each of the operations of a large timeline, in steps. */
export function* gatherOperations({ spans }: Timeline): Generator<void, OperationsOf> {
  const found = new Map<string, Map<string, Operation & { readonly service: string }>>()
  for (const [at, span] of spans.entries()) {
    if (at % STEP === STEP - 1) yield
    const { service, name, kind } = span
    if (span.source === null) continue
    const own = found.get(service) ?? new Map<string, Operation & { readonly service: string }>()
    found.set(service, own)
    if (own.size < MOST_OF_ONE) own.set(`${kind} ${name}`, { service, name, kind })
  }
  return [...found.values()].flatMap((own) => [...own.values()])
}

/** The names of services' spans, and what kind they are. */
export class Operations {
  /** What is in the table already: the kind that came last, by service and name. */
  private readonly seen = new Map<string, Map<string, SpanKind>>()
  private readonly insert: StatementSync
  private readonly ofService: StatementSync
  private readonly allServices: StatementSync
  private readonly count: StatementSync
  /** How many of each service there are, and of all. */
  private readonly counts = new Map<string, number>()
  private known = 0

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT OR IGNORE INTO operation (service, name, kind) VALUES (?, ?, ?)')
    this.ofService = database.prepare('SELECT name, kind FROM operation WHERE service = ? ORDER BY name, kind')
    this.allServices = database.prepare('SELECT DISTINCT service FROM operation ORDER BY service')
    this.count = database.prepare('SELECT service, count(*) AS known FROM operation GROUP BY service')
    this.recount()
  }

  add(operations: OperationsOf, texts: Texts): void {
    for (const { source, service, name, kind } of operations) {
      if (source === null || Math.max(name.length, service.length) > LONGEST_NAME) continue
      if (this.isSeen(service, name, kind) || !this.hasRoom(service) || this.insert.run(service, name, kind).changes === 0)
        continue
      this.counts.set(service, (this.counts.get(service) ?? 0) + 1)
      this.known++
      texts.idOf(name)
      texts.idOf(service)
    }
  }

  private hasRoom(service: string): boolean {
    const own = this.counts.get(service)
    return own === undefined ? this.counts.size < MOST_SERVICES : own < MOST_OF_ONE && this.known < MOST
  }

  private recount(): void {
    this.counts.clear()
    this.known = 0
    for (const { service, known } of this.count.all() as { service: string; known: number }[]) {
      this.counts.set(service, known)
      this.known += known
    }
  }

  private isSeen(service: string, name: string, kind: SpanKind): boolean {
    let names = this.seen.get(service)
    if (names === undefined) {
      if (this.seen.size >= 1_000) this.seen.clear()
      this.seen.set(service, (names = new Map()))
    }
    if (names.get(name) === kind) return true
    if (names.size >= 2_000) names.clear()
    names.set(name, kind)
    return false
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.seen.clear()
    this.recount()
  }

  services(): string[] {
    return (this.allServices.all() as { service: string }[]).map((row) => row.service)
  }

  of(service: string): Operation[] {
    return (this.ofService.all(service) as { name: string; kind: SpanKind }[]).map((row) => ({ ...row }))
  }
}
