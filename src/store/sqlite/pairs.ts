import { SPAN_KINDS, type SpanKind } from '../../model/phases.ts'
import type { Value, ValueMap } from '../../model/span.ts'
import { Term } from './open-block.ts'
import { operationTerm, term } from './terms.ts'

/** Longer values of attributes are not searched for; longer names are not remembered. */
export const LONGEST = 512

/** What a name and a value can be found by. */
export interface Pair {
  readonly terms: readonly Term[]
  /** The trace that had it last: what it has again is passed over in one comparison. */
  seen: number
}

/** Pairs that were made, by name and value; forgotten when a name turns out to have many values. */
class Pairs {
  private readonly known = new Map<string, Map<Value, Pair>>()
  private readonly make: (name: string, value: Value) => readonly Term[]

  constructor(make: (name: string, value: Value) => readonly number[]) {
    this.make = (name, value) => make(name, value).map((hash) => new Term(hash))
  }

  get(name: string, value: Value): Pair {
    if (name.length + (typeof value === 'string' ? value.length : 0) > 2 * LONGEST)
      return { terms: this.make(name, value), seen: 0 }
    let values = this.known.get(name)
    if (values === undefined) {
      if (this.known.size >= 4_096) this.known.clear()
      this.known.set(name, (values = new Map()))
    }
    let pair = values.get(value)
    if (pair === undefined) {
      if (values.size >= 512) values.clear()
      values.set(value, (pair = { terms: this.make(name, value), seen: 0 }))
    }
    return pair
  }
}

/** By an attribute's name and value, and by its value alone. */
export const attributePairs: Pairs = new Pairs((key, value) =>
  typeof value === 'string' ? [term(key, value), term(':value', value)] : [term(key, value)],
)
/** By a service and a span's name: also by the name alone. */
export const operationPairs: Pairs = new Pairs((service, name) => [
  operationTerm(service, name as string),
  term(':name', name),
  term(':value', name),
])
/** By a field of ours, or of Jaeger's, and its value. */
export const fieldPairs: Pairs = new Pairs((field, value) => [term(field, value)])

/** Some span of this service failed. */
export const failedIn = (service: string): Pair => fieldPairs.get(':failed', service)

/** What Jaeger and its users write for the fields of a span that are no attributes. */
export const KINDS = Object.fromEntries(
  Object.keys(SPAN_KINDS).map((kind) => [kind, fieldPairs.get('span.kind', kind.toLowerCase())]),
) as Readonly<Record<SpanKind, Pair>>
export const STATUSES: Readonly<Record<'ok' | 'error', Pair>> = {
  ok: fieldPairs.get('otel.status_code', 'OK'),
  error: fieldPairs.get('otel.status_code', 'ERROR'),
}

/** What attributes can be found by; values that are maps, or longer than `LONGEST`, cannot. */
export function* pairsIn(attributes: ValueMap): Generator<Pair> {
  for (const [key, value] of attributes)
    for (const one of Array.isArray(value) ? value : [value])
      if (typeof one === 'string' ? one.length <= LONGEST : typeof one !== 'object') yield attributePairs.get(key, one)
}
