import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Router } from 'express'
import { HttpResponse, lifecycle, path } from '../../src/lifecycle/index.ts'

/**
 * The lifecycle framework beside Express 5: CPU of a request through the same seven middlewares and thirty routes, bare and
 * traced (Express by OpenTelemetry's http and express instrumentations, the lifecycle by Phaseline; everything is exported), and
 * what finding one of a thousand routes takes. All servers live side by side and take turns under the same load; the lower
 * quartile of the rounds is shown. CPU is that of all threads of a server until its exporter has drained.
 */
export const title = 'The lifecycle framework beside Express 5'

const here = import.meta.dirname
const SERVERS: Record<string, { readonly framework: string; readonly preload?: readonly string[] }> = {
  express: { framework: 'express' },
  lifecycle: { framework: 'lifecycle' },
  'express + otel': { framework: 'express', preload: ['--require', join(here, 'app/otel.cjs')] },
  'lifecycle + phaseline': { framework: 'lifecycle', preload: ['--import', join(here, 'lifecycle-agent.ts')] },
}
const PAGES = { text: '/hello', json: '/api/books/7', template: '/books/7' }

type Row = Record<string, string | number>

/** @param args `--rounds 8 --seconds 0.5` */
export async function run(args: string[]): Promise<Row[]> {
  const options = { rounds: { type: 'string', default: '8' }, seconds: { type: 'string', default: '0.5' } } as const
  const { values } = parseArgs({ args, options })
  const sink = fork(join(here, 'sink.ts'))
  const collector = (await answer<{ port: number }>(sink)).port
  const servers = await Promise.all(Object.keys(SERVERS).map((name) => started(name, collector)))
  try {
    const rows: Row[] = []
    for (const [page, target] of Object.entries(PAGES))
      rows.push(...(await compared(page, target, servers, Number(values.rounds), Number(values.seconds))))
    return [...rows, ...resolving()]
  } finally {
    for (const { process } of servers) process.disconnect()
    sink.disconnect()
  }
}

async function compared(
  page: string,
  target: string,
  servers: readonly Server[],
  rounds: number,
  seconds: number,
): Promise<Row[]> {
  for (const server of servers) await measured(server, target, 1)
  const cpu = new Map(servers.map(({ name }): [string, number[]] => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const server of round % 2 === 0 ? servers : servers.toReversed())
      cpu.get(server.name)?.push(await measured(server, target, seconds))
  const of = (name: string): number => quartile(cpu.get(name) as number[])
  return [
    row(`${page}: CPU µs a request`, of('express'), of('lifecycle')),
    row(`${page}: µs that tracing adds`, of('express + otel') - of('express'), of('lifecycle + phaseline') - of('lifecycle')),
  ]
}

const row = (what: string, express: number, lifecycle: number): Row => ({
  what,
  'Express 5': Number(express.toFixed(2)),
  lifecycle: Number(lifecycle.toFixed(2)),
  ratio: Number((lifecycle / express).toFixed(2)),
})

interface Server {
  readonly name: string
  readonly process: ChildProcess
  readonly port: number
}

async function answer<T>(process: ChildProcess): Promise<T> {
  const [message] = (await once(process, 'message')) as [T]
  return message
}

async function started(name: string, collector: number): Promise<Server> {
  const { framework, preload = [] } = SERVERS[name] as (typeof SERVERS)[string]
  const env = { ...process.env, NODE_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}` }
  const child = fork(join(here, 'lifecycle-server.ts'), [framework], { execArgv: [...preload], env })
  return { name, process: child, port: (await answer<{ port: number }>(child)).port }
}

/** CPU µs of the server so far, with what it had to export. Twice: what was under way at the first is waited for by the second. */
async function cpuOf({ process }: Server): Promise<number> {
  process.send('flush')
  await answer(process)
  process.send('flush')
  const { cpu } = await answer<{ cpu: NodeJS.CpuUsage }>(process)
  return cpu.user + cpu.system
}

/** CPU µs of the server for each request of one turn. */
async function measured(server: Server, target: string, seconds: number): Promise<number> {
  const before = await cpuOf(server)
  const load = fork(join(here, 'load.ts'), [String(server.port), target, '16', String(seconds)])
  const { requests, bad } = await answer<{ requests: number; bad: number }>(load)
  if (bad > 0) throw new Error(`${bad} bad answers for ${target} of ${server.name}`)
  return ((await cpuOf(server)) - before) / requests
}

function quartile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] as number
}

const ROUTES = 1_000
const TIMES = 2_000

/** Finding a route, in µs: the router is given requests as Express gives them, the URL configuration paths. */
function resolving(): Row[] {
  const router = Router()
  for (let i = 0; i < ROUTES; i++) router.get(`/section${i}/:id`, (_request, response) => void response.end())
  const urls = lifecycle({
    urls: Array.from({ length: ROUTES }, (_, i) => path(`section${i}/<int:id>`, () => new HttpResponse(''))),
  }).urls
  // The worst case for an index by the first segment: all share it.
  const shared = lifecycle({
    urls: Array.from({ length: ROUTES }, (_, i) => path(`api/section${i}/<int:id>`, () => new HttpResponse(''))),
  }).urls
  const route = (target: string) => () => router({ url: target, method: 'GET' } as never, { end() {} } as never, () => {})
  const wheres = { first: '/section0/7', middle: '/section500/7', last: `/section${ROUTES - 1}/7`, none: '/nothing/7' }
  return Object.entries(wheres).flatMap(([where, target]) => {
    const [express, ours, alike] = timed([route(target), () => urls.find(target), () => shared.find(`/api${target}`)]) as [
      number,
      number,
      number,
    ]
    return [
      row(`resolve, ${where} of ${ROUTES} routes, µs`, express, ours),
      row(`the same, all below one segment, µs`, express, alike),
    ]
  })
}

/** µs a call, the best of some turns. */
function timed(calls: (() => unknown)[]): number[] {
  const best = calls.map(() => Infinity)
  for (let turn = 0; turn < 8; turn++)
    for (const [index, call] of calls.entries()) {
      const start = performance.now()
      for (let i = 0; i < TIMES; i++) call()
      best[index] = Math.min(best[index] as number, ((performance.now() - start) * 1000) / TIMES)
    }
  return best
}
