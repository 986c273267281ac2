import { duration, percent } from '../format.ts'

/** A figure of a rule for people: `60.5 ms`, `12.5 %`. @param value ms, or 0…1 for a ratio; null if there was too little to say */
export function figure(value: number | null, unit: 'ms' | 'ratio'): string {
  if (value === null) return '–'
  return unit === 'ms' ? duration(value * 1e6) : percent(value)
}
