import { readFileSync } from 'node:fs'
import { PhaselineError } from '../model/errors.ts'
import type { Command } from './command.ts'
import { closest } from './closest.ts'
import { wrapped } from './terminal-text.ts'
import { growAtOnce } from '../station/young-generation.ts'

interface Entry {
  readonly about: string
  /** Loaded only when asked for: `run` needs nothing of the collector. */
  readonly load: () => Promise<Command>
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: {
    about: 'a bookshop with traffic, and the page that shows it',
    load: async () => (growAtOnce(), (await import('./demo.ts')).demo),
  },
  run: { about: 'run an app with every phase of its requests watched', load: async () => (await import('./run.ts')).run },
  collect: {
    about: 'receive spans, keep them, show the page',
    load: async () => (growAtOnce(), (await import('./collect.ts')).collect),
  },
  get: { about: 'make one request and print where its time went', load: async () => (await import('./get.ts')).get },
  check: {
    about: 'hold traffic, recorded or live, against the rules, for CI',
    load: async () => (await import('./check.ts')).check,
  },
  list: { about: 'the newest requests that a collector knows', load: async () => (await import('./list.ts')).list },
  show: { about: 'print where the time of one of them went', load: async () => (await import('./show.ts')).show },
  top: { about: 'the slowest middlewares and routes, live', load: async () => (await import('./top.ts')).top },
  compare: { about: 'what got slower: by route, by phase', load: async () => (await import('./compare.ts')).compare },
  nginx: { about: 'print what nginx needs to be in the timeline', load: async () => (await import('./nginx.ts')).nginx },
  stitch: { about: 'print the timelines of files of spans', load: async () => (await import('./stitch.ts')).stitch },
  import: { about: 'put files of spans into a running collector', load: async () => (await import('./import.ts')).importFiles },
  export: { about: 'write timelines from a collector to a file', load: async () => (await import('./export.ts')).exportFile },
}

/** The whole command line. @param args without node and script @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  process.stdout.on('error', closedPipe)
  quietSqlite()
  const [name = '--help', ...rest] = args
  if (name === '--version' || name === '-v') return say(version())
  if (name === '--help' || name === '-h' || name === 'help') return say(help())
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (entry === undefined) {
    const guess = closest(name, Object.keys(COMMANDS))
    return complain(
      `there is no "${name}"${guess === undefined ? '' : `; did you mean "${guess}"?`} (phaseline --help lists all)`,
    )
  }
  try {
    return await (
      await entry.load()
    )(rest)
  } catch (error) {
    if (isUsage(error)) return complain(`${inShort(error as Error)} (phaseline ${name} --help)`)
    if (error instanceof PhaselineError) return complain(error.message)
    throw error
  }
}

/** Whoever read what we say (`| head`) has had enough: no reason for a stack. */
function closedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

/** Node 22 and 24 call their SQLite experimental; that we keep timelines in it is nothing to warn people of at each start. */
function quietSqlite(): void {
  const warn = process.emitWarning.bind(process) as (...args: unknown[]) => void
  process.emitWarning = (...args: unknown[]) => {
    if (!String(args[0]).startsWith('SQLite is an experimental feature')) warn(...args)
  }
}

function say(text: string): number {
  console.log(text)
  return 0
}

/** In lines that fit, where somebody looks; in one where a program does. */
function complain(text: string): number {
  const { isTTY, columns } = process.stderr as Partial<typeof process.stderr>
  const words = `phaseline: ${text}`.split(' ')
  console.error(isTTY === true ? wrapped(words, ' ', columns || 80, '  ').join('\n') : words.join(' '))
  return 1
}

/** Ours, or one of `parseArgs`. */
function isUsage(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && (code === 'PHASELINE_USAGE' || code.startsWith('ERR_PARSE_ARGS_'))
}

/** What `parseArgs` goes on to explain, after its first sentence, is about files whose names begin with a dash. */
function inShort({ message }: Error): string {
  return message.replace(/\. To specify a positional argument .*$/s, '').replace(/\.?\nDid you forget .*$/s, '')
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(9)}${about}`)
  return `phaseline ${version()}: where did this request's time go?

usage: phaseline COMMAND [options]

${lines.join('\n')}

phaseline COMMAND --help says more. To watch an app without any of this:
node --import phaseline/register app.js`
}
