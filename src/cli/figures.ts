const MICRO = [1e3, 'µs'] as const
const UNITS: readonly (readonly [size: number, unit: string])[] = [MICRO, [1e6, 'ms'], [1e9, 's']]

/** Nanoseconds in eight columns at most, three digits: `12.4 ms`, `850 µs`, `95.0 s`. */
export function duration(ns: number): string {
  const [size, unit] = UNITS.findLast(([size]) => ns >= size * 0.9995) ?? MICRO
  const value = ns / size
  return `${value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ${unit}`
}

/** A share of 1 in five columns at most: `12 %`; what is more than nothing never reads as nothing. */
export function percent(share: number): string {
  return share > 0 && share < 0.005 ? '<1 %' : `${Math.round(share * 100)} %`
}

const LEVELS = '▁▂▃▄▅▆▇█'

/** Values as a line of blocks, the greatest full; a space where there is none. @param columns the last so many */
export function sparkline(values: readonly (number | null)[], columns: number): string {
  const shown = values.slice(-columns)
  const most = Math.max(...shown.map((value) => value ?? 0))
  const level = (value: number): string => LEVELS[Math.min(7, Math.floor((value / most) * 8))] as string
  return shown.map((value) => (value === null ? ' ' : most === 0 ? '▁' : level(value))).join('')
}

/** The value below which the share `q` of them lie, by nearest rank; undefined without any. @param sorted ascending */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]
}

/** The local time of day: `14:03:59`. */
export function clock(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** The local time of day; of another day than that of `now`, which day: `2026-11-20`. */
export function moment(date: Date, now: Date): string {
  if (date.toDateString() === now.toDateString()) return clock(date)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}
