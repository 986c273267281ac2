/** How times, shares and sizes are written. Durations are numbers of nanoseconds; all figures have three significant digits. */

const UNITS: readonly (readonly [limit: number, size: number, unit: string])[] = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'µs'],
  [1e9, 1e6, 'ms'],
  [120e9, 1e9, 's'],
  [7200e9, 60e9, 'min'],
  [Infinity, 3600e9, 'h'],
]

/** Three significant digits, trailing zeros kept, so that columns of figures stay comparable. */
function significant(value: number): string {
  const size = Math.abs(value)
  if (size >= 99.95) return value.toFixed(0)
  if (size >= 9.995) return value.toFixed(1)
  return value.toFixed(2)
}

/** A duration and its unit, apart: `['12.4', 'ms']`. @param ns nanoseconds */
export function durationParts(ns: number): [figure: string, unit: string] {
  const size = Math.abs(ns)
  if (size === 0) return ['0', 'ms']
  // A value that rounds up to the next unit's 1 is written in that unit: 999,960 ns is 1.00 ms.
  const found = UNITS.find(([limit]) => size < limit * 0.9995) ?? [0, 3600e9, 'h']
  const [, unitSize, unit] = found
  return [unitSize === 1 ? String(Math.round(ns)) : significant(ns / unitSize), unit]
}

/** `12.4 ms`. @param ns nanoseconds */
export function duration(ns: number): string {
  return durationParts(ns).join(' ')
}

/** A share of 1 in per cent, one decimal: `12.5 %`; what is more than nothing never reads as nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return '< 0.1 %'
  return `${(share * 100).toFixed(1)} %`
}

const clockForm = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayForm = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** Whole milliseconds since the epoch, from decimal nanoseconds: enough for a wall clock. */
export function epochMs(ns: string): number {
  return Number(BigInt(ns) / 1_000_000n)
}

/** The local time of day: `14:03:59`. @param ms milliseconds since the epoch */
export function clock(ms: number): string {
  return clockForm.format(ms)
}

/** The local time of day with milliseconds: `14:03:59.123`. @param ns nanoseconds since the epoch, decimal */
export function timeOfDay(ns: string): string {
  const ms = epochMs(ns)
  return `${clockForm.format(ms)}.${String(ms % 1000).padStart(3, '0')}`
}

/** The local day: `3 Nov 2026`. @param ns nanoseconds since the epoch, decimal */
export function day(ns: string): string {
  return dayForm.format(epochMs(ns))
}

/** A local day and time of day: `3 Nov 2026, 14:03:59`. @param ms milliseconds since the epoch */
export function moment(ms: number): string {
  return `${dayForm.format(ms)}, ${clock(ms)}`
}

/** A number of bytes: `1.50 kB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  const power = Math.min(4, Math.floor(Math.log10(count) / 3))
  return `${significant(count / 1000 ** power)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`
}

/** A count with thousands apart: `100,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-GB')
}

/** `1 span`, `2 spans`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** How long ago, roughly, or how long it will be: `8 s`, `12 min`, `3 h`, `2 d`. @param ms milliseconds */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 100) return `${seconds} s`
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}
