import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * What tracing one request costs: the same app bare, under OpenTelemetry's http and express instrumentations, under Phaseline,
 * with metrics of every request, and at 0 %. All servers live side by side, and take turns of half a second under load: so whatever else
 * the machine does meets all of them. Everything is exported. CPU is that of all threads of the server until its exporter has
 * drained, divided by the requests answered; the lower quartile of the
 * rounds is shown.
 */
export const title = 'CPU that tracing adds to a request'

const here = import.meta.dirname
const MODES: Record<string, { preload: string[]; env?: Record<string, string> }> = {
  bare: { preload: [] },
  otel: { preload: ['--require', join(here, 'app/otel.cjs')] },
  phaseline: { preload: ['--import', join(here, 'app/phaseline.mjs')] },
  'phaseline + metrics': {
    preload: ['--import', join(here, 'app/phaseline.mjs')],
    env: { OTEL_METRICS_EXPORTER: 'otlp' },
  },
  'phaseline 0 % + metrics': {
    preload: ['--import', join(here, 'app/phaseline.mjs')],
    env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_SAMPLER: 'always_off' },
  },
  'phaseline 0 %': { preload: ['--import', join(here, 'app/phaseline.mjs')], env: { OTEL_TRACES_SAMPLER: 'always_off' } },
}
const ROUTES = { text: '/hello', json: '/api/books/7', page: '/books/7' }

interface Measured {
  readonly round: number
  readonly mode: string
  readonly route: string
  /** CPU µs per request. */
  readonly cpu: number
  readonly spans: number
}

/** A server under load, and the collector that it sends to. */
interface Subject {
  readonly mode: string
  readonly server: ChildProcess
  readonly sink: ChildProcess
  readonly port: number
}

/** @param args `--rounds 10 --seconds 0.5 --modes bare,otel,…` */
export async function run(args: string[]): Promise<Record<string, string | number>[]> {
  const options = { rounds: { type: 'string' }, seconds: { type: 'string' }, modes: { type: 'string' } } as const
  const { rounds = '10', seconds = '0.5', modes = Object.keys(MODES).join() } = parseArgs({ args, options }).values
  const subjects: Subject[] = []
  try {
    for (const mode of modes.split(',')) subjects.push(await subject(mode))
    for (const { port } of subjects) for (const path of Object.values(ROUTES)) await load(port, path, 1.5)
    return summarise(await takeTurns(subjects, Number(rounds), Number(seconds)))
  } finally {
    for (const { server, sink } of subjects) {
      server.disconnect()
      sink.disconnect()
    }
  }
}

async function takeTurns(subjects: readonly Subject[], rounds: number, seconds: number): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const [route, path] of Object.entries(ROUTES)) {
    for (let round = 0; round < rounds; round++) {
      for (const each of subjects) measured.push({ round, mode: each.mode, route, ...(await turn(each, path, seconds)) })
    }
  }
  return measured
}

async function subject(mode: string): Promise<Subject> {
  const sink = fork(join(here, 'sink.ts'))
  const { port: collector } = await answer<{ port: number }>(sink)
  const { preload = [], env = {} } = MODES[mode] ?? {}
  const server = fork(join(here, 'app/server.cjs'), {
    execArgv: preload,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      OTEL_SERVICE_NAME: 'bench',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}`,
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      ...env,
    },
  })
  const { port } = await answer<{ port: number }>(server)
  return { mode, server, sink, port }
}

async function turn({ server, sink, port }: Subject, path: string, seconds: number) {
  await drain(server)
  await ask(sink, 'count')
  const before = await ask<Usage>(server, 'usage')
  const { requests, bad } = await load(port, path, seconds)
  if (bad > 0) throw new Error(`${bad} of ${requests} requests to ${path} failed`)
  await drain(server)
  const after = await ask<Usage>(server, 'usage')
  const { spans } = await ask<{ spans: number }>(sink, 'count')
  const cpu = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system
  return { cpu: cpu / requests, spans: spans / requests }
}

interface Usage {
  readonly cpu: NodeJS.CpuUsage
}

/** Twice: what was under way when the first was asked for is waited for by the second. */
async function drain(server: ChildProcess): Promise<void> {
  await ask(server, 'flush')
  await ask(server, 'flush')
}

function ask<Answer>(child: ChildProcess, what: string): Promise<Answer> {
  child.send({ ask: what })
  return answer<Answer>(child)
}

async function answer<Answer>(child: ChildProcess): Promise<Answer> {
  const gone = new AbortController()
  const died = (code: number | null): void => gone.abort(new Error(`the process ended with ${code}`))
  child.once('exit', died)
  const [message] = (await once(child, 'message', { signal: gone.signal })) as [Answer]
  child.off('exit', died)
  return message
}

async function load(port: number, path: string, seconds: number): Promise<{ requests: number; bad: number }> {
  return answer(fork(join(here, 'load.ts'), [String(port), path, '16', String(seconds)]))
}

function summarise(measured: readonly Measured[]): Record<string, string | number>[] {
  const cpu = (mode: string, route: string): number => quartile(rowsOf(measured, mode, route).map((row) => row.cpu))
  const added = (mode: string, route: string): number => cpu(mode, route) - cpu('bare', route)
  return Object.keys(ROUTES).flatMap((route) =>
    [...new Set(measured.map(({ mode }) => mode))].map((mode) => {
      const rows = rowsOf(measured, mode, route)
      return {
        route: ROUTES[route as keyof typeof ROUTES],
        mode,
        'CPU µs/request': round(cpu(mode, route), 1),
        'added µs': mode === 'bare' ? '' : round(added(mode, route), 1),
        '× less than OpenTelemetry adds': mode === 'bare' ? '' : round(added('otel', route) / added(mode, route), 1),
        'spans/request': round(quartile(rows.map(({ spans }) => spans)), 2),
      }
    }),
  )
}

function rowsOf(measured: readonly Measured[], mode: string, route: string): Measured[] {
  return measured.filter((row) => row.mode === mode && row.route === route)
}

/** The lower quartile: what slows a turn down is mostly somebody else on the machine. */
function quartile(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 4)] ?? NaN
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
