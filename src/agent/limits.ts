import type { AttributeValue } from '../model/attributes.ts'

/** OpenTelemetry's span limits; set once at the start from `OTEL_*`. */
export interface Limits {
  attributes: number
  /** In characters; Infinity: not limited. */
  valueLength: number
  events: number
  links: number
}

export const DEFAULT_LIMITS: Readonly<Limits> = { attributes: 128, valueLength: Infinity, events: 128, links: 128 }

/** The limits in force. */
export const limits: Limits = { ...DEFAULT_LIMITS }

/** A value no longer than the limit: texts are cut, and those in lists. */
export function clip(value: AttributeValue): AttributeValue {
  if (limits.valueLength === Infinity) return value
  if (typeof value === 'string') return value.slice(0, limits.valueLength)
  if (!Array.isArray(value)) return value
  return value.map((item: unknown) => (typeof item === 'string' ? item.slice(0, limits.valueLength) : item)) as AttributeValue
}
