import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { extname } from 'node:path'
import { UsageError } from './command.ts'

const HELP = `usage: phaseline run [--to URL] [node options] app.js [arguments]

Runs the app as node would, with every phase of its requests watched and sent to
a collector. What node --import phaseline/register app.js does, with two things
less to type.

  --to URL   where the spans go, over OTLP/HTTP
             (OTEL_EXPORTER_OTLP_ENDPOINT, else http://127.0.0.1:4318)

All OTEL_* variables mean what they mean: OTEL_SERVICE_NAME,
OTEL_TRACES_SAMPLER, …
The app's exit code is this command's.`

/** The collector takes metrics, so the app sends them. */
const METRICS = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '10000' }

/** `phaseline run app.js`: node with the agent registered. Gives the app's exit code, or 128 and its signal's number. */
export async function run(args: string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === '--help' || first === '-h') {
    console.log(HELP)
    return 0
  }
  const { to, words } = first === '--to' ? { to: rest[0], words: rest.slice(1) } : withEquals(args)
  if (words.length === 0) throw new UsageError('run what? Give the file that you would give to node')
  if (to !== undefined && !URL.canParse(to)) throw new UsageError(`"${to}" is no URL to send spans to`)
  missing(words[0] as string)
  const endpoint = to ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? 'http://127.0.0.1:4318'
  const child = spawn(process.execPath, ['--import', register(), ...words], {
    stdio: 'inherit',
    // Five seconds, the usual delay, are long for somebody who looks at the page while trying things; so is a minute for an alert.
    env: { OTEL_BSP_SCHEDULE_DELAY: '1000', ...METRICS, ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  })
  return exitOf(child)
}

/** What node would say in twenty lines. Other words than a file's name are node's own options. @throws UsageError */
function missing(file: string): void {
  if (
    !file.startsWith('-') &&
    !['', '.js', '.cjs', '.mjs', '/index.js', '/package.json'].some((ending) => existsSync(file + ending))
  )
    throw new UsageError(`there is no file ${file}`)
}

/** The address of the agent's zero-code entry, in this checkout or in the installed package. */
export function register(): string {
  return new URL(`../register${extname(import.meta.url)}`, import.meta.url).href
}

function withEquals(args: string[]): { to: string | undefined; words: string[] } {
  const [first = ''] = args
  return first.startsWith('--to=') ? { to: first.slice(5), words: args.slice(1) } : { to: undefined, words: args }
}

/** Signals go on to the app, but for Ctrl-C at a terminal, which reaches it by itself. */
async function exitOf(child: ChildProcess): Promise<number> {
  const forward = (signal: NodeJS.Signals): void =>
    void (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal))
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}
