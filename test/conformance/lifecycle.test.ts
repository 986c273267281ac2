import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { run } from './run.ts'

/** What Django did is compared by the kit's own program. */
const here = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'conformance-'))

type Tally = Record<string, { ok: number; of: number }>

async function compared(file: string, later = false): Promise<Tally> {
  const actual = join(folder, `${later ? 'later-' : ''}${file}`)
  writeFileSync(actual, await run(join(here, file), later))
  const output = execFileSync(process.execPath, [join(here, 'compare.mjs'), join(here, file), actual, '--json'], {
    encoding: 'utf8',
  })
  const { missing, tally } = JSON.parse(output) as { missing: number; tally: Tally }
  expect(missing).toBe(0)
  return tally
}

const disagreeing = (tally: Tally): string[] =>
  Object.entries(tally).flatMap(([key, { ok, of }]) => (ok === of ? [] : [`${key}: ${ok} of ${of}`]))

test.for([
  ['named.jsonl', 75, false],
  ['random.jsonl', 811, false],
  ['more.jsonl', 150, false],
  ['named.jsonl', 75, true],
  ['random.jsonl', 811, true],
  ['more.jsonl', 150, true],
] as const)('%s: %i scenarios go as in Django, with promises everywhere: %s', async ([file, count, later]) => {
  const tally = await compared(file, later)
  expect(disagreeing(tally)).toEqual([])
  expect(tally['level full']).toEqual({ ok: count, of: count })
})

test.for([
  ['urls.jsonl', 1120],
  ['more-urls.jsonl', 1745],
] as const)('%s: all paths resolve and all names reverse as in Django, %i of them', async ([file, count]) => {
  const tally = await compared(file)
  expect(disagreeing(tally)).toEqual([])
  expect(tally['checks']).toEqual({ ok: count, of: count })
})

test('a byte order mark, other line ends, unknown fields and a broken line do not stop the runner', async () => {
  const [first, second] = readFileSync(join(here, 'named.jsonl'), 'utf8').split('\n') as [string, string]
  const file = join(folder, 'odd.jsonl')
  writeFileSync(file, `\uFEFF${first.replace('{', '{"future":{"a":1},')}\r\nno JSON\r\n\r\n${second}`)
  const complaints = vi.spyOn(console, 'error').mockReturnValue()
  const ids = (await run(file)).split('\n', 3).map((line) => (JSON.parse(line) as { id?: string }).id)
  expect(ids).toEqual(['plain_order', undefined, 'no_middleware'])
  expect(complaints.mock.calls).toEqual([['Line 2, without an id, could not be played:', expect.any(SyntaxError)]])
  complaints.mockRestore()
})

test('the comparison notices a single changed event', async () => {
  const [line] = (await run(join(here, 'named.jsonl'))).split('\n') as [string]
  const expected = join(folder, 'one.jsonl')
  writeFileSync(expected, readFileSync(join(here, 'named.jsonl'), 'utf8').split('\n')[0] as string)
  const actual = join(folder, 'changed.jsonl')
  writeFileSync(actual, line.replace('"mw":"B"', '"mw":"X"'))
  expect(() => execFileSync(process.execPath, [join(here, 'compare.mjs'), expected, actual], { stdio: 'pipe' })).toThrow()
})
