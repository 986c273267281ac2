/**
 * Plays recordings of Django's request lifecycle against the framework:
 *
 *     npm run --silent conformance -- IN.jsonl OUT.jsonl [--later]
 *
 * IN is a file of scenarios, or of URL cases; OUT gets one line each, for `compare.mjs`. With `--later` everything that a
 * scenario does gives promises. Exit code 0 whatever the results are: comparing is another step.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Scenario, UrlCase } from './format.d.ts'
import { play } from './scenario.ts'
import { check } from './urls.ts'
import { registerConverters } from './values.ts'

/** The results of a file, a line each. */
export async function run(file: string, later = false): Promise<string> {
  registerConverters()
  let out = ''
  const lines = readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
  for (const [index, line] of lines.entries())
    if (line.trim() !== '') out += `${JSON.stringify(await result(line, index + 1, later))}\n`
  return out
}

/** One scenario that cannot be played, or read, is one that disagrees, not the end of the run. */
async function result(line: string, number: number, later: boolean): Promise<unknown> {
  let id: string | undefined
  try {
    const given = JSON.parse(line) as Scenario | UrlCase
    id = given.id
    return 'checks' in given ? check(given) : await play(given, { later })
  } catch (error) {
    console.error(`Line ${number}, ${id ?? 'without an id'}, could not be played:`, error)
    return { id, load: { events: [] }, requests: [], results: [] }
  }
}

if (import.meta.main) {
  const [input, output] = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
  if (input === undefined || output === undefined) {
    console.error('Usage: npm run --silent conformance -- IN.jsonl OUT.jsonl [--later]')
    process.exitCode = 2
  } else writeFileSync(output, await run(input, process.argv.includes('--later')))
}
