import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * What tracing costs an app before its first request: from the start of the process until it listens, and the memory that it has
 * then. The same app bare, under OpenTelemetry's http and express instrumentations, and under Phaseline, in turns; the lower
 * quartile is shown.
 */
export const title = 'Time and memory that tracing adds to the start of an app'

const here = import.meta.dirname
const MODES: Record<string, string[]> = {
  bare: [],
  otel: ['--require', join(here, 'app/otel.cjs')],
  phaseline: ['--import', join(here, 'app/phaseline.mjs')],
}

interface Started {
  readonly ms: number
  readonly mb: number
}

/** @param args `--rounds 12` */
export async function run(args: string[]): Promise<Record<string, string | number>[]> {
  const { rounds = '12' } = parseArgs({ args, options: { rounds: { type: 'string' } } }).values
  const started: Record<string, Started[]> = {}
  for (let round = 0; round < Number(rounds); round++) {
    for (const [mode, preload] of Object.entries(MODES)) (started[mode] ??= []).push(await start(preload))
  }
  const of = (mode: string, what: keyof Started): number => quartile((started[mode] ?? []).map((each) => each[what]))
  const added = (mode: string, what: keyof Started): number => Math.round((of(mode, what) - of('bare', what)) * 10) / 10
  return Object.keys(MODES).map((mode) => ({
    mode,
    'added ms': added(mode, 'ms'),
    'added MB': added(mode, 'mb'),
    'of OpenTelemetry’s ms': mode === 'bare' ? '' : Math.round((added(mode, 'ms') / added('otel', 'ms')) * 100) / 100,
    'of its MB': mode === 'bare' ? '' : Math.round((added(mode, 'mb') / added('otel', 'mb')) * 100) / 100,
  }))
}

/** The app is killed once it has told its memory: nothing has been recorded that could be lost. */
async function start(preload: string[]): Promise<Started> {
  const from = performance.now()
  const app = fork(join(here, 'app/server.cjs'), {
    execArgv: preload,
    env: { ...process.env, NODE_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  })
  await once(app, 'message')
  const ms = performance.now() - from
  app.send({ ask: 'usage' })
  const [{ rss }] = (await once(app, 'message')) as [{ rss: number }]
  app.kill('SIGKILL')
  await once(app, 'exit')
  return { ms, mb: rss / 1e6 }
}

function quartile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN
}
