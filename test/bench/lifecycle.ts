import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Router } from 'express'
import { HttpResponse, lifecycle, path } from '../../src/lifecycle/index.ts'

/**
 * The lifecycle framework beside Express 5: CPU of a request through the same seven middlewares and thirty routes, and what
 * finding one of a thousand routes takes. Both servers live side by side and take turns under the same load; the lower quartile
 * of the rounds is shown. No agent.
 */
export const title = 'The lifecycle framework beside Express 5, without an agent'

const here = import.meta.dirname
const FRAMEWORKS = ['express', 'lifecycle'] as const
type Framework = (typeof FRAMEWORKS)[number]
const PAGES = { text: '/hello', json: '/api/books/7', template: '/books/7' }

type Row = Record<string, string | number>

/** @param args `--rounds 8 --seconds 0.5` */
export async function run(args: string[]): Promise<Row[]> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: 'string', default: '8' }, seconds: { type: 'string', default: '0.5' } },
  })
  const servers = Object.fromEntries(await Promise.all(FRAMEWORKS.map(async (name) => [name, await started(name)]))) as Record<
    Framework,
    Server
  >
  const rows: Row[] = []
  for (const [page, target] of Object.entries(PAGES)) {
    for (const name of FRAMEWORKS) await measured(servers[name], target, 1)
    const rounds: Record<Framework, number[]> = { express: [], lifecycle: [] }
    for (let round = 0; round < Number(values.rounds); round++)
      for (const name of round % 2 === 0 ? FRAMEWORKS : FRAMEWORKS.toReversed())
        rounds[name].push(await measured(servers[name], target, Number(values.seconds)))
    rows.push(row(`${page}, CPU µs a request`, quartile(rounds.express), quartile(rounds.lifecycle)))
  }
  for (const { process } of Object.values(servers)) process.disconnect()
  return [...rows, ...resolving()]
}

const row = (what: string, express: number, lifecycle: number): Row => ({
  what,
  'Express 5': Number(express.toFixed(2)),
  lifecycle: Number(lifecycle.toFixed(2)),
  ratio: Number((lifecycle / express).toFixed(2)),
})

interface Server {
  readonly process: ChildProcess
  readonly port: number
}

async function started(name: Framework): Promise<Server> {
  const process = fork(join(here, 'lifecycle-server.ts'), [name])
  const [{ port }] = (await once(process, 'message')) as [{ port: number }]
  return { process, port }
}

async function cpuOf({ process }: Server): Promise<number> {
  process.send('cpu')
  const [{ cpu }] = (await once(process, 'message')) as [{ cpu: NodeJS.CpuUsage }]
  return cpu.user + cpu.system
}

/** CPU µs of the server for each request of one turn. */
async function measured(server: Server, target: string, seconds: number): Promise<number> {
  const before = await cpuOf(server)
  const load = fork(join(here, 'load.ts'), [String(server.port), target, '16', String(seconds)])
  const [{ requests, bad }] = (await once(load, 'message')) as [{ requests: number; bad: number }]
  if (bad > 0) throw new Error(`${bad} bad answers for ${target}`)
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
