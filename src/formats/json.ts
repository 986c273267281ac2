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

/** OTLP and everything after it have 64 bits for a time. */
const LATEST = 2n ** 64n - 1n

/** A time in microseconds, a number or its digits, as nanoseconds; absent is 0. @throws Unusable for anything else, below zero, and past 2554 */
export function micros(value: unknown, what: string): bigint {
  const time = signedMicros(value, what)
  if (time < 0n || time > LATEST) throw new Unusable(`${what} is no time of 1970 to 2554: ${shown(value)}`)
  return time
}

/** When something ended that took so many microseconds; a duration below zero is kept as that. @throws Unusable as for times */
export function endOf(start: bigint, duration: unknown): bigint {
  const end = start + signedMicros(duration, 'duration')
  if (end > LATEST) throw new Unusable(`duration is too long: ${shown(duration)}`)
  return end < 0n ? 0n : end
}

function signedMicros(value: unknown, what: string): bigint {
  if (value === undefined || value === null) return 0n
  if (typeof value === 'string' && /^-?\d{1,20}(?:\.\d{1,3})?$/.test(value)) {
    const [whole = '', part = ''] = value.split('.')
    return BigInt(whole + part.padEnd(3, '0'))
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new Unusable(`${what} is not a number of microseconds: ${shown(value)}`)
  }
  const whole = Math.floor(value)
  return BigInt(whole) * 1_000n + BigInt(Math.round((value - whole) * 1_000))
}

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 40)

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
