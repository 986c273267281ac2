import type { Resource, Value, ValueMap } from '../model/span.ts'
import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'

/** A trace has at most so many terms: a hostile one costs no more than a large one. */
const MOST = 4_096
/** Longer values of attributes are not searched for. */
const LONGEST = 512

/** Terms below this are ranges of durations; all others are hashes. */
const BUCKETS = 256

/** Half an octave of durations each, so that "at least" is a range of terms. @param ns nanoseconds */
export function durationTerm(ns: bigint): number {
  return ns <= 0n ? 0 : Math.min(1 + Math.floor(Math.log2(Number(ns)) * 2), BUCKETS - 1)
}
export const LAST_DURATION: number = BUCKETS - 1

/** 48 bits of two multiplicative hashes: at a million terms one in 300 million searches meets a false one, and results are checked. */
function hash(text: string): number {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low + unit, 0x85ebca6b) ^ (low >>> 13)
  }
  return ((high ^ (high >>> 15)) & 0xffff) * 0x100000000 + (low >>> 0) + BUCKETS
}

/** A value as people write it in a search. */
function textOf(value: Value): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The terms of an attribute: by name and value, and by its value alone. */
interface Terms {
  readonly own: number
  readonly value: number
}

/** Terms that were made, by field and value; forgotten when a field turns out to have many values. */
const known = new Map<string, Map<Value, Terms>>()
const FEW = 512

function termsFor(field: string, value: Value): Terms {
  let values = known.get(field)
  if (values === undefined) {
    if (known.size >= 4_096) known.clear()
    known.set(field, (values = new Map()))
  }
  let made = values.get(value)
  if (made === undefined) {
    const text = textOf(value)
    made = { own: hash(`${field}\0${text}`), value: hash(`:value\0${text}`) }
    if (values.size >= FEW) values.clear()
    values.set(value, made)
  }
  return made
}

/** The term of a field's value. Fields of ours begin with `:`; all others are names of attributes. */
export function term(field: string, value: Value): number {
  return termsFor(field, value).own
}

/** The term of a span's name in one service. */
export function operationTerm(service: string, name: string): number {
  return term(`:operation ${service}`, name)
}

const resources = new WeakMap<Resource, readonly number[]>()

/** Everything a trace can be found by. */
export function termsOf(timeline: Timeline, summary: Summary): Set<number> {
  const terms = new Set<number>()
  terms.add(durationTerm(summary.durationNs))
  if (summary.status !== null) terms.add(term(':status', String(summary.status)))
  terms.add(term(':error', summary.error))
  for (const warning of summary.warnings.keys()) terms.add(term(':warning', warning))
  for (const span of timeline.spans) {
    if (terms.size >= MOST) break
    if (span.phase !== null) terms.add(term(':phase', span.phase))
    terms.add(operationTerm(span.service, span.name))
    terms.add(term(':name', span.name))
    if (span.source === null) continue
    for (const of of resourceTerms(span.source.resource)) terms.add(of)
    addAttributes(terms, span.source.attributes)
  }
  return terms
}

function resourceTerms(resource: Resource): readonly number[] {
  let made = resources.get(resource)
  if (made === undefined) {
    const terms = new Set<number>([term(':service', resource.service)])
    addAttributes(terms, resource.attributes)
    resources.set(resource, (made = [...terms]))
  }
  return made
}

function addAttributes(terms: Set<number>, attributes: ValueMap): void {
  for (const [key, value] of attributes) {
    if (typeof value === 'string' ? value.length <= LONGEST : typeof value !== 'object') {
      const made = termsFor(key, value)
      terms.add(made.own)
      if (typeof value === 'string') terms.add(made.value)
    } else if (Array.isArray(value)) {
      for (const one of value) if (typeof one !== 'object' && String(one).length <= LONGEST) terms.add(term(key, one))
    }
  }
}
