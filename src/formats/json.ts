import type { Value } from '../model/span.ts'
import { Unusable } from './refusal.ts'

/** A JSON object of which nothing is known. */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object, or an empty one. */
export function object(value: unknown): Json {
  return isObject(value) ? value : {}
}

/** The array, or an empty one. */
export function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text, or an empty one; numbers are taken as their digits. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** Microseconds, a number or its digits, as nanoseconds; absent is 0. @throws Unusable for anything else, and below zero */
export function micros(value: unknown, what: string): bigint {
  if (value === undefined || value === null) return 0n
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value) * 1_000n
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new Unusable(`${what} is not a number of microseconds: ${JSON.stringify(value).slice(0, 40)}`)
  }
  const whole = Math.floor(value)
  return BigInt(whole) * 1_000n + BigInt(Math.round((value - whole) * 1_000))
}

/** A JSON value as an attribute's. Deeper than 64 it is refused. */
export function valueOf(value: unknown, depth = 0): Value {
  if (depth > 64) throw new Unusable('values more than 64 deep')
  if (Array.isArray(value)) return value.map((item) => valueOf(item, depth + 1))
  if (isObject(value)) {
    const record = Object.create(null) as { [key: string]: Value }
    for (const [key, item] of Object.entries(value)) record[key] = valueOf(item, depth + 1)
    return record
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
