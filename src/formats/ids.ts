import { createHash } from 'node:crypto'
import { Unusable } from './refusal.ts'

/**
 * An id as a file has it, as so many hexadecimal digits: short ones are filled with zeros. What is no number at all (a trace
 * made by hand) becomes one that is a function of it, so that who refers to whom stays right.
 * @throws Unusable if there is none, or it is all zero
 */
export function idOf(value: unknown, digits: 16 | 32, what: string): string {
  const given = typeof value === 'number' ? String(value) : value
  if (typeof given !== 'string' || given === '' || /^0+$/.test(given)) throw new Unusable(`no ${what}`)
  const hex = given.toLowerCase()
  if (/^[0-9a-f]+$/.test(hex) && hex.length <= digits) return hex.padStart(digits, '0')
  // Zipkin takes the low 64 bits of a span id that is longer than it should be.
  if (/^[0-9a-f]{17,32}$/.test(hex)) return hex.slice(-digits)
  return createHash('sha256').update(given).digest('hex').slice(0, digits)
}

/** Whether an id is not in the file as it is now, save for zeros in front. */
export function isRenamed(value: unknown, id: string): boolean {
  return String(value).toLowerCase().padStart(id.length, '0') !== id
}

/** The id of a parent; null if there is none. */
export function parentIdOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '' || (typeof value === 'string' && /^0+$/.test(value))) return null
  return idOf(value, 16, 'parent id')
}
