import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { homedir } from 'node:os'

const PLACES = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  join(homedir(), '.local/bin'),
  '/usr/sbin',
  '/usr/lib/postgresql/15/bin',
]

/** Where a program is installed; undefined if it is not. */
export function installed(program: string): string | undefined {
  return PLACES.map((place) => join(place, program)).find((file) => existsSync(file))
}

/**
 * For tests of the real thing: what to give to `test.skipIf`. On a user's machine a missing program skips the test and says so;
 * in CI nothing is skipped, so there it fails.
 */
export function missing(...programs: string[]): boolean {
  const absent = programs.filter((program) => installed(program) === undefined)
  if (absent.length === 0) return false
  if (process.env['CI']) throw new Error(`CI must have ${absent.join(', ')} installed`)
  console.warn(`skipped: ${absent.join(', ')} not installed`)
  return true
}
