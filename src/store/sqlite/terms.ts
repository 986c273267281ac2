import type { Value } from '../../model/span.ts'

/** 48 bits of two multiplicative hashes: at a million terms one in 300 million searches meets a false one, and results are checked. */
function hash(text: string): number {
  let high = 0x811c9dc5
  let low = 0x9e3779b9
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low + unit, 0x85ebca6b) ^ (low >>> 13)
  }
  return ((high ^ (high >>> 15)) & 0xffff) * 0x100000000 + (low >>> 0)
}

/** A value as people write it in a search. */
function textOf(value: Value): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The term of a field's value. Fields of ours begin with `:`; all others are names of attributes. */
export function term(field: string, value: Value): number {
  return hash(`${field}\0${textOf(value)}`)
}

/** The term of a span's name in one service. */
export function operationTerm(service: string, name: string): number {
  return term(`:operation ${service}`, name)
}
