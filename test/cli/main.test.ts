import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { closest } from '../../src/cli/closest.ts'

const src = join(import.meta.dirname, '../../src')
const bin = join(src, 'cli/bin.ts')

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

async function phaseline(args: string[], node: string[] = []): Promise<Outcome> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...node, bin, ...args])
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as Outcome
  }
}

test('--version is the package’s', async () => {
  const { version } = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as { version: string }
  expect(await phaseline(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('--help names every command', async () => {
  const { stdout, code } = await phaseline(['--help'])
  expect(code).toBe(0)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  for (const name of ['demo', 'run', 'collect', 'get', 'list', 'show', 'top', 'compare', 'nginx', 'stitch', 'import', 'export'])
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
})

test('a command that does not exist is said so in one line, with the one that was meant', async () => {
  const { code, stderr, stdout } = await phaseline(['colect'])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toBe('phaseline: there is no "colect"; did you mean "collect"? (phaseline --help lists all)\n')
})

test('wrong usage is said in one line', async () => {
  expect(await phaseline(['get', '--nonsense'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^phaseline: .*--nonsense.*\n$/) as unknown,
  })
  expect(await phaseline(['run'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^phaseline: run what\?.*\n$/) as unknown,
  })
})

test('of an option that does not exist nothing is said but that', async () => {
  expect((await phaseline(['get', '--nonsense', 'http://127.0.0.1'])).stderr).toBe(
    "phaseline: Unknown option '--nonsense' (phaseline get --help)\n",
  )
  expect((await phaseline(['list', '-n', '-3'])).stderr).toBe(
    "phaseline: Option '-n' argument is ambiguous (phaseline list --help)\n",
  )
})

test('a Node that is too old is told so in one line, and nothing else is loaded', async () => {
  const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '20.11.0' } })`
  const { code, stderr } = await phaseline(['--version'], ['--import', old])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^phaseline needs Node\.js 22\.18 or newer, and this is 20\.11\.0 .*\n$/)
  expect(readFileSync(bin, 'utf8')).not.toMatch(/^import /m)
})

test('a word is taken for the nearest command, or for none', () => {
  const words = ['demo', 'run', 'collect', 'get', 'stitch']
  expect(['stich', 'dmeo', 'rnu', 'gett', 'serve'].map((typed) => closest(typed, words))).toEqual([
    'stitch',
    'demo',
    'run',
    'get',
    undefined,
  ])
})

test.each(['demo', 'run', 'collect', 'get', 'check', 'list', 'show', 'top', 'compare', 'nginx', 'stitch', 'import', 'export'])(
  '%s --help fits in 80 columns',
  async (name) => {
    const { stdout, code } = await phaseline([name, '--help'])
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  },
)
