import type { Value, ValueMap } from '../model/span.ts'
import { MalformedError, MOST_PARTS, narrow, OF_A_GROUP, tooMany } from './decode-reader.ts'
import { DEEPEST, NO_ATTRIBUTES } from './decode-value.ts'

export type Json = Record<string, unknown>

/** A span that cannot be taken, with the reason as message. */
export class Unusable extends Error {}

/** Of what is not in a span nothing can be left out: what is unusable there makes the body so. */
export function whole<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    throw error instanceof Unusable ? new MalformedError(`${error.message} in a resource or scope`) : error
  }
}

/** Integers that a double would round are read as strings; a key cannot be told inside a string, because its quotes would be escaped there. */
const LARGE = /("(?:startTimeUnixNano|endTimeUnixNano|timeUnixNano|intValue)"\s*:\s*)(-?\d{16,})(?=[\s,}])/g

export function parse(body: Uint8Array): Json {
  if (body.length > MOST_PARTS && partsOf(body) > 2 * MOST_PARTS) throw tooMany()
  const content = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(content.replace(LARGE, '$1"$2"'))
  } catch (error) {
    throw new MalformedError(`no JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedError('no JSON object')
  return value as Json
}

/** Objects, lists and what stands in them, about: before anything is made of them. In a text such characters are no parts, but few. */
function partsOf(body: Uint8Array): number {
  let parts = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) parts++
  }
  return parts
}

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** A repeated field of messages. */
export function list(of: Json, key: string): Json[] {
  const value = of[key] ?? []
  if (!Array.isArray(value)) throw new MalformedError(`${key} is no array`)
  return value.map(object)
}

/** A repeated field of messages that hold spans, or metrics: what is none there cannot be passed over. */
export function groups(of: Json, key: string): Json[] {
  const found = list(of, key)
  if (found.length > MOST_PARTS / OF_A_GROUP) throw tooMany()
  const given = of[key] as readonly unknown[]
  if (found.some((group, place) => group !== given[place])) throw new MalformedError(`${key} holds something that is no object`)
  return found
}

export const text: (value: unknown) => string = (value) => (typeof value === 'string' ? value : '')

/** A 64-bit integer; a number with a fraction or an exponent is cut to a whole one. */
export function integer(value: unknown): bigint {
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value)
  if (value === undefined || value === null) return 0n
  throw new Unusable(`${JSON.stringify(value).slice(0, 40)} is no integer of 64 bits`)
}

export const time: (value: unknown) => bigint = (value) => BigInt.asUintN(64, integer(value))

/** A time of a span. @throws Unusable for one that protobuf could not hold */
export function moment(of: Json, key: string): bigint {
  const given = integer(of[key])
  if (given < 0n || given > LATEST) throw new Unusable(`${key} is no time of 1970 to 2554: ${given}`)
  return given
}

const LATEST = 2n ** 64n - 1n

export function attributesOf(of: Json): ValueMap {
  const pairs = list(of, 'attributes')
  if (pairs.length === 0) return NO_ATTRIBUTES
  return new Map(pairs.map((pair) => [text(pair['key']), valueOf(object(pair['value']), 1)]))
}

/** In protobuf's JSON null is a field that is not there. */
const isThere = (value: unknown): boolean => value !== undefined && value !== null

/** An AnyValue. `depth` counts from 1. */
function valueOf(any: Json, depth: number): Value {
  if (depth > DEEPEST) throw new Unusable(`values more than ${DEEPEST} deep`)
  if (typeof any['stringValue'] === 'string') return any['stringValue']
  if (typeof any['boolValue'] === 'boolean') return any['boolValue']
  if (isThere(any['intValue'])) return narrow(BigInt.asIntN(64, integer(any['intValue'])))
  if (isThere(any['doubleValue'])) return Number(any['doubleValue'])
  if (typeof any['bytesValue'] === 'string') return new Uint8Array(Buffer.from(any['bytesValue'], 'base64'))
  if (isThere(any['arrayValue'])) return list(object(any['arrayValue']), 'values').map((value) => valueOf(value, depth + 1))
  if (isThere(any['kvlistValue'])) return recordOf(list(object(any['kvlistValue']), 'values'), depth + 1)
  return null
}

/** Without a prototype: a key is a stranger's and may be `__proto__`. */
function recordOf(pairs: Json[], depth: number): { [key: string]: Value } {
  const record = Object.create(null) as { [key: string]: Value }
  for (const pair of pairs) record[text(pair['key'])] = valueOf(object(pair['value']), depth)
  return record
}
