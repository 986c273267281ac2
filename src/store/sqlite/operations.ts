import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SpanKind } from '../../model/phases.ts'
import type { Timeline } from '../../model/timeline.ts'
import type { Operation } from '../contract.ts'
import { LONGEST_NAME, type Texts } from './texts.ts'

/** More are not listed: names that are made up for every request are no operations. */
const MOST = 100_000

/** The operations of a timeline; some may be there twice. What stitching made up, with no source, is none. */
export type OperationsOf = Iterable<Operation & { readonly service: string; readonly source?: unknown }>

/** After so many spans others get their turn. */
const STEP = 20_000

/** Each of the operations of a large timeline, in steps. */
export function* gatherOperations({ spans }: Timeline): Generator<void, OperationsOf> {
  const found = new Map<string, Operation & { readonly service: string }>()
  for (const [at, span] of spans.entries()) {
    if (at % STEP === STEP - 1) yield
    const { service, name, kind } = span
    if (span.source !== null && found.size < MOST) found.set(`${kind} ${service}\n${name}`, { service, name, kind })
  }
  return [...found.values()]
}

/** The names of services' spans, and what kind they are. */
export class Operations {
  /** What is in the table already: the kind that came last, by service and name. */
  private readonly seen = new Map<string, Map<string, SpanKind>>()
  private readonly insert: StatementSync
  private readonly ofService: StatementSync
  private readonly allServices: StatementSync
  private readonly count: StatementSync
  private known: number

  constructor(database: DatabaseSync) {
    this.insert = database.prepare('INSERT OR IGNORE INTO operation (service, name, kind) VALUES (?, ?, ?)')
    this.ofService = database.prepare('SELECT name, kind FROM operation WHERE service = ? ORDER BY name, kind')
    this.allServices = database.prepare('SELECT DISTINCT service FROM operation ORDER BY service')
    this.count = database.prepare('SELECT count(*) AS known FROM operation')
    this.known = (this.count.get() as { known: number }).known
  }

  add(operations: OperationsOf, texts: Texts): void {
    for (const { source, service, name, kind } of operations) {
      if (source === null || Math.max(name.length, service.length) > LONGEST_NAME) continue
      if (this.isSeen(service, name, kind) || this.known >= MOST) continue
      this.known += Number(this.insert.run(service, name, kind).changes)
      texts.idOf(name)
      texts.idOf(service)
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
    this.known = (this.count.get() as { known: number }).known
  }

  services(): string[] {
    return (this.allServices.all() as { service: string }[]).map((row) => row.service)
  }

  of(service: string): Operation[] {
    return (this.ofService.all(service) as { name: string; kind: SpanKind }[]).map((row) => ({ ...row }))
  }
}
