import { isShared, ofAttributes } from '../../model/shared-attributes.ts'
import type { Resource, Scope, ValueMap } from '../../model/span.ts'
import type { Summary } from '../../model/summary.ts'
import { atOnce } from '../../model/steps.ts'
import type { Timeline, TimelineSpan } from '../../model/timeline.ts'
import { type Term, TermSet, type Terms } from './open-block.ts'
import { attributePairs, failedIn, fieldPairs, KINDS, LONGEST, operationPairs, type Pair, pairsIn, STATUSES } from './pairs.ts'

/**
 * A trace has at most so many terms of attributes, and as many of what has a name: services, operations, phases, routes, middlewares.
 * A hostile one costs no more than a large one, and a large one is found by whoever took part in it.
 */
const MOST = 4_096
const NAMES = ['http.route', 'phaseline.middleware.name'] as const

/** What attributes that several spans share can be found by, and the trace that had them last. */
interface Shared {
  readonly pairs: readonly Pair[]
  readonly set: TermSet
  seen: number
}

const sharedBy = ofAttributes((attributes): Shared => {
  const pairs = [...pairsIn(attributes)]
  return { pairs, set: new TermSet(pairs.flatMap(({ terms }) => terms)), seen: 0 }
})

/** The terms of one trace as they come together. */
class Gathered {
  private readonly alone: Term[] = []
  private shared: Shared[] = []
  private resource: Resource | undefined
  private scope: Scope | undefined
  private static traces = 0
  private readonly trace = ++Gathered.traces
  private names = 0
  /** Terms of attributes, those of shared ones as often as they came. */
  private count = 0

  add(pair: Pair): void {
    if (pair.seen === this.trace || this.isFull()) return
    pair.seen = this.trace
    this.count += pair.terms.length
    for (const one of pair.terms) this.alone.push(one)
  }

  addName(pair: Pair): void {
    if (pair.seen === this.trace || this.names >= MOST) return
    pair.seen = this.trace
    this.names += pair.terms.length
    for (const one of pair.terms) this.alone.push(one)
  }

  /** Of attributes. Where there may be as many, each is counted once. */
  private isFull(): boolean {
    if (this.count >= MOST && this.shared.length > 0) {
      const { shared } = this
      this.shared = []
      this.count = this.alone.length - this.names
      for (const { pairs } of shared) for (const pair of pairs) this.add(pair)
    }
    return this.count >= MOST
  }

  /** Of everything. */
  get full(): boolean {
    return this.isFull() && this.names >= MOST
  }

  addSpans(spans: Timeline['spans'], from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const { phase, service, name, source } = spans[at] as TimelineSpan
      if (phase !== null) this.addName(fieldPairs.get(':phase', phase))
      this.addName(operationPairs.get(service, name))
      if (source === null) continue
      this.addName(KINDS[source.kind])
      if (source.status !== 'unset') this.addName(STATUSES[source.status])
      if (source.scope !== this.scope) this.addScope((this.scope = source.scope))
      if (source.resource !== this.resource) {
        this.resource = source.resource
        this.addName(fieldPairs.get(':service', this.resource.service))
        this.addAttributes(this.resource.attributes)
      }
      if (this.isFull()) this.addNames(source.attributes)
      else this.addAttributes(source.attributes)
      for (const { attributes } of source.events) if (!this.isFull()) this.addAttributes(attributes)
    }
  }

  private addScope({ name, version, attributes }: Scope): void {
    if (name !== '') this.addName(fieldPairs.get('otel.scope.name', name))
    if (version !== '') this.addName(fieldPairs.get('otel.scope.version', version))
    this.addAttributes(attributes)
  }

  private addNames(attributes: ValueMap): void {
    for (const key of NAMES) {
      const value = attributes.get(key)
      if (typeof value === 'string' && value.length <= LONGEST) this.addName(attributePairs.get(key, value))
    }
  }

  private addAttributes(attributes: ValueMap): void {
    if (!isShared(attributes)) {
      for (const pair of pairsIn(attributes)) this.add(pair)
      return
    }
    const shared = sharedBy(attributes)
    if (shared.seen === this.trace) return
    shared.seen = this.trace
    this.shared.push(shared)
    this.count += shared.set.terms.length
  }

  terms(): Terms {
    this.isFull()
    return { alone: this.alone, sets: this.shared.map(({ set }) => set) }
  }
}

/** Everything a trace can be found by; a term may be there twice. */
export function termsOf(timeline: Timeline, summary: Summary): Terms {
  return atOnce(gatherTerms(timeline, summary))
}

/** After so many spans others get their turn. */
const STEP = 10_000

/** The same in steps. */
export function* gatherTerms(timeline: Timeline, summary: Summary): Generator<void, Terms> {
  const gathered = new Gathered()
  gathered.add(fieldPairs.get(':error', summary.error))
  if (summary.status !== null) {
    gathered.add(fieldPairs.get(':status', String(summary.status)))
    gathered.add(fieldPairs.get(':status-class', String(Math.floor(summary.status / 100))))
  }
  for (const warning of summary.warnings.keys()) gathered.add(fieldPairs.get(':warning', warning))
  for (const service of summary.services) gathered.addName(fieldPairs.get(':service', service))
  for (const [service, { errors }] of summary.received?.services ?? []) if (errors > 0) gathered.addName(failedIn(service))
  const { spans } = timeline
  for (let from = 0; from < spans.length && !gathered.full; from += STEP) {
    if (from > 0) yield
    gathered.addSpans(spans, from, Math.min(from + STEP, spans.length))
  }
  return gathered.terms()
}
