import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Whether memory stays flat while the collector is away: the bench's app under load without an agent, with one whose collector
 * is gone (nobody listens), and with one whose collector hangs (takes everything and never answers), taking turns. Spans and
 * metrics of every request are recorded; what does not fit into the queues is dropped. `--minutes 2`, all together.
 */
export const title = 'resident MB of an app whose collector is away'

const here = import.meta.dirname
const ROUTES = ['/hello', '/api/books/7', '/books/7']
const TURN = 2
/** Turns of each app between two rows. */
const TURNS_A_ROW = 3

interface Subject {
  readonly name: string
  readonly server: ChildProcess
  readonly port: number
  requests: number
}

export async function run(args: string[]): Promise<Record<string, string | number>[]> {
  const { minutes = '2' } = parseArgs({ args, options: { minutes: { type: 'string' } } }).values
  const hanging = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  const gone = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(hanging, 'listening'), once(gone, 'listening')])
  const [hangs, closed] = [portOf(hanging), portOf(gone)]
  gone.close()
  const subjects = [
    await subject('bare', undefined),
    await subject('collector gone', closed),
    await subject('collector hangs', hangs),
  ]
  try {
    return await soak(subjects, Number(minutes) * 60)
  } finally {
    for (const { server } of subjects) server.disconnect()
    hanging.close()
  }
}

function portOf(server: ReturnType<typeof createServer>): number {
  return (server.address() as AddressInfo).port
}

async function subject(name: string, collector: number | undefined): Promise<Subject> {
  const server = fork(join(here, 'app/server.cjs'), {
    execArgv: collector === undefined ? [] : ['--import', join(here, 'app/phaseline.mjs')],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector ?? 0}`,
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    },
  })
  const { port } = await answer<{ port: number }>(server)
  return { name, server, port, requests: 0 }
}

async function soak(subjects: readonly Subject[], seconds: number): Promise<Record<string, string | number>[]> {
  const rows: Record<string, string | number>[] = []
  const began = performance.now()
  const passed = (): number => (performance.now() - began) / 1_000
  for (let turn = 1; passed() < seconds; turn++) {
    for (const each of subjects) await load(each, ROUTES[turn % ROUTES.length] as string)
    if (turn % TURNS_A_ROW === 0) rows.push({ seconds: Math.round(passed()), ...(await sizes(subjects)) })
  }
  const requests = subjects.map(({ name, requests: count }) => [name, `${count} requests`])
  return [...rows, { seconds: 'in all', ...Object.fromEntries(requests) }]
}

async function load(subject: Subject, path: string): Promise<void> {
  const { requests, bad } = await answer<{ requests: number; bad: number }>(
    fork(join(here, 'load.ts'), [String(subject.port), path, '16', String(TURN)]),
  )
  if (bad > 0) throw new Error(`${bad} of ${requests} requests of "${subject.name}" failed`)
  subject.requests += requests
}

async function sizes(subjects: readonly Subject[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const { name, server } of subjects) {
    server.send({ ask: 'usage' })
    found[name] = Math.round((await answer<{ rss: number }>(server)).rss / 2 ** 20)
  }
  return found
}

async function answer<Answer>(child: ChildProcess): Promise<Answer> {
  const [message] = (await once(child, 'message')) as [Answer]
  return message
}
