import { registerConverter, Uuid, type Kwargs } from '../../src/lifecycle/index.ts'
import type { Value } from './format.d.ts'

/** A date without a time: the value of the kit's `date` converter. */
class PlainDate {
  readonly text: string

  constructor(text: string) {
    const date = new Date(`${text}T00:00:00Z`)
    if (text.startsWith('0000') || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
      throw new RangeError(`${text} is no date`)
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** A value of the kit as one of ours. */
export function decode(value: Value): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  if ('$int' in value) return BigInt(value.$int)
  return '$uuid' in value ? new Uuid(value.$uuid) : new PlainDate(value.$date)
}

export function encode(value: unknown): Value {
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value === 'bigint') return { $int: String(value) }
  if (value instanceof Uuid) return { $uuid: String(value) }
  if (value instanceof PlainDate) return { $date: value.text }
  return value as Value
}

export const decodeAll = (values: Record<string, Value> = {}): Kwargs =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, decode(value)]))

export const encodeAll = (values: Kwargs): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)]))

const whole = (value: unknown): number | bigint => {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return value as number | bigint
  throw new TypeError('no whole number')
}

/** A number where it is exact, else a bigint. */
const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

const even = (value: unknown): number | bigint => {
  const number = BigInt(typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? value.replace('+', '') : whole(value))
  if (number % 2n !== 0n) throw new RangeError('odd')
  return exact(number)
}

const joined = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(',')
  throw new TypeError('no list')
}

const dateText = (value: unknown): string => {
  if (value instanceof PlainDate) return value.text
  throw new TypeError('no date')
}

/** The converters that the kit's applications add. */
export function registerConverters(): void {
  registerConverter('year', { regex: '[0-9]{4}', toValue: Number, toUrl: (value) => String(whole(value)).padStart(4, '0') })
  registerConverter('hex', {
    regex: '[0-9a-f]+',
    toValue: (text) => exact(BigInt(`0x${text}`)),
    toUrl: (value) => whole(value).toString(16),
  })
  registerConverter('even', { regex: '[0-9]+', toValue: even, toUrl: (value) => String(even(value)) })
  registerConverter('csv', { regex: '[a-z]+(?:,[a-z]+)*', toValue: (text) => text.split(','), toUrl: joined })
  registerConverter('date', { regex: '[0-9]{4}-[0-9]{2}-[0-9]{2}', toValue: (text) => new PlainDate(text), toUrl: dateText })
  registerConverter('opt', { regex: '[a-z]*', toValue: (text) => text, toUrl: String })
}
