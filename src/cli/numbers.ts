import { UsageError } from './command.ts'

/** A port as it was typed. Throws `UsageError`. */
export function portOf(option: string, text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`--${option} takes a port, 0 to 65535 (0: any that is free), not "${text}"`)
  return port
}

const SIZES: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }
const AGES: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `10G` in bytes. Throws `UsageError`. */
export function bytesOf(option: string, text: string): number {
  return measured(text.toUpperCase().replace(/I?B$/, ''), SIZES) ?? refuse(option, text, 'a size, like 500M or 10G')
}

/** `36h`, `7d` in milliseconds. Throws `UsageError`. */
export function ageOf(option: string, text: string): number {
  return measured(text.toLowerCase(), AGES) ?? refuse(option, text, 'an age, like 36h or 7d')
}

function measured(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]?)$/i.exec(text) ?? []
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}

function refuse(option: string, text: string, what: string): never {
  throw new UsageError(`--${option} takes ${what}, not "${text}"`)
}
