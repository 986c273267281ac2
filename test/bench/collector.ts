import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { CollectorStats } from '../../src/collector/index.ts'
import { startJaeger } from '../collector/jaeger.ts'
import { installed } from '../tools.ts'
import { askAll, oddTraces } from './searches.ts'
import { loadOf, type Load } from './traces.ts'

/**
 * What collecting a span costs, from bytes on the socket to rows on the disk, all that was put off until later included: ours, which
 * stitches, and the real Jaeger on disk (Badger), which does not. Each a fresh process on core 0 with a fresh folder; the load
 * comes over four connections from core 1; CPU is the process's and its children's, from /proc.
 */
export const title = 'What collecting a span costs'

/** Something that takes OTLP, running. */
export interface Receiver {
  readonly pid: number
  readonly otlp: string
  readonly folder: string
  /** The address of its page. */
  readonly page?: string
  /** The port where it takes questions to its store. */
  readonly questions?: number
  /** Milliseconds of kinds of questions, by name; `p50 / p99`. */
  readonly ask?: (load: Load) => Promise<Record<string, string>>
  stop(): Promise<void>
}

type Row = Record<string, string | number>

/**
 * @param args `--spans 200000 --rounds 1 --only phaseline,bare,jaeger`: `bare` is without alerts and page. With `--searches` every
 * kind of question is asked `--times 200` instead, over HTTP, of a store of so many spans; one that was made in `--folder` before is
 * used again; `--kinds v1` asks only those whose names hold this; `--load 40000` sends it so many spans a second meanwhile
 */
export async function run(args: string[]): Promise<Row[]> {
  const text = { type: 'string' } as const
  const searching = { searches: { type: 'boolean' }, folder: text, times: text, kinds: text, load: text } as const
  const { values } = parseArgs({ args, options: { spans: text, rounds: text, only: text, ...searching } })
  const { spans = '200000', rounds = '1', only = 'phaseline,bare,jaeger', folder, times = '200', kinds, load } = values
  if (values.searches === true) return searches(Number(spans), folder, { times: Number(times), kinds, load })
  const rows: Row[] = []
  for (let round = 0; round < Number(rounds); round++) {
    for (const name of only.split(',')) {
      const start = RECEIVERS[name]
      if (start === undefined) throw new Error(`no receiver is called ${name}`)
      if (name === 'jaeger' && installed('jaeger') === undefined) console.warn('jaeger is not installed: left out')
      else rows.push({ receiver: name, ...(await measure(start, Number(spans))) })
    }
  }
  return rows
}

const RECEIVERS: Readonly<Record<string, (folder: string) => Promise<Receiver>>> = {
  phaseline: (folder) => startPhaseline(folder),
  bare: (folder) => startPhaseline(folder, 'bare'),
  jaeger: async (folder) => {
    const jaeger = await startJaeger(folder, 'badger', '0')
    return { ...jaeger, folder }
  },
}

export async function startPhaseline(folder: string, ...bare: string[]): Promise<Receiver> {
  const command = [process.execPath, join(import.meta.dirname, 'collector-process.ts'), folder, ...bare]
  const child = spawn('taskset', ['-c', '0', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
  const ports = JSON.parse(said.toString()) as { otlp: number; questions: number; page?: number }
  const stop = (): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()) && child.kill())
  return {
    pid: child.pid as number,
    otlp: `http://127.0.0.1:${ports.otlp}`,
    folder,
    page: `http://127.0.0.1:${ports.page}`,
    questions: ports.questions,
    ask: (load) => questions(ports.questions, load),
    stop,
  }
}

async function measure(start: (folder: string) => Promise<Receiver>, spans: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-bench-'))
  const receiver = await start(folder)
  try {
    const warm = loadOf(20_000, 7)
    await sendAll(receiver.otlp, warm)
    await quiet(receiver.pid)
    const load = loadOf(spans)
    const before = usage(receiver.pid)
    const from = performance.now()
    await sendAll(receiver.otlp, load)
    const seconds = (performance.now() - from) / 1_000
    const { peak } = await quiet(receiver.pid)
    const cpu = (usage(receiver.pid).cpu - before.cpu) / load.sent
    const bytes = bytesOf(folder) / (load.distinct + warm.distinct)
    const asked = (await receiver.ask?.(load)) ?? {}
    return {
      spans: load.sent,
      'CPU µs/span': round(cpu * 1e6),
      'spans/s per core': Math.round(1 / cpu),
      'spans/s taken': Math.round(load.sent / seconds),
      'bytes/span': Math.round(bytes),
      'RSS MB': Math.round(peak),
      ...asked,
    }
  } finally {
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** So many spans at a time are made and sent: ten million are more than memory has room for. */
const PART = 250_000

interface Asking {
  readonly times: number
  readonly kinds: string | undefined
  /** Spans a second. */
  readonly load: string | undefined
}

async function searches(spans: number, kept: string | undefined, { times, kinds, load }: Asking): Promise<Row[]> {
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'phaseline-bench-'))
  const isNew = !existsSync(join(folder, 'timelines.db'))
  const receiver = await startPhaseline(folder)
  try {
    const start = BigInt(Date.now() - 86_400_000) * 1_000_000n
    if (isNew) await fill(receiver.otlp, spans, start)
    // What the alerts' engine knows, it knows since it was started; the traces are new ones each time.
    await sendAll(receiver.otlp, loadOf(20_000, Date.now()))
    const { peak } = await quiet(receiver.pid)
    const sender = load === undefined ? undefined : await startSender(receiver.otlp, load)
    const rows = await askAll(receiver.page as string, folder, times, { only: kinds, cold: load === undefined })
    sender?.kill()
    return [
      ...rows,
      { kind: 'MB on disk', 'p50 ms': Math.round(bytesOf(folder) / 1e6) },
      { kind: 'MB resident', 'p50 ms': Math.round(peak) },
    ]
  } finally {
    await receiver.stop()
    if (kept === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

async function startSender(url: string, load: string): Promise<ChildProcess> {
  const command = [process.execPath, join(import.meta.dirname, 'sender-process.ts'), url, load]
  const child = spawn('taskset', ['-c', '1', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

async function fill(url: string, spans: number, start: bigint): Promise<void> {
  for (let sent = 0, at = start; sent < spans; sent += PART, at += 100_000_000_000n) {
    const load = loadOf(Math.min(PART, spans - sent), sent + 1, at)
    await sendAll(url, { bodies: [...load.bodies, oddTraces(50, sent + 2, at)] })
  }
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Sends every body over four connections; one that is told to wait (429, 503) waits. */
async function sendAll(url: string, load: Pick<Load, 'bodies'>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  let next = 0
  const one = async (): Promise<void> => {
    for (let body = load.bodies[next++]; body !== undefined; body = load.bodies[next++]) {
      for (let status = 0; status !== 200;) {
        status = await post(agent, `${url}/v1/traces`, body)
        if (status === 429 || status === 503) await new Promise((resolve) => setTimeout(resolve, 100))
        else if (status !== 200) throw new Error(`it answered ${status}`)
      }
    }
  }
  await Promise.all([one(), one(), one(), one()])
  agent.destroy()
}

export function post(agent: Agent, url: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject).end(body)
  })
}

/** The kernel's ticks a second. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK']))

/** CPU seconds and resident MB of a process and its descendants. */
export function usage(pid: number): { cpu: number; rss: number } {
  const all = new Map<number, { parent: number; cpu: number; rss: number }>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [parent, cpu, rss] = [
        fields[1] ?? 0,
        ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS,
        ((fields[21] ?? 0) * 4_096) / 1e6,
      ]
      all.set(Number(name), { parent, cpu, rss })
    } catch {
      // It ended meanwhile.
    }
  }
  const isOurs = (id: number): boolean => id === pid || (all.has(id) && isOurs(all.get(id)?.parent ?? 0))
  const ours = [...all].filter(([id]) => isOurs(id)).map(([, one]) => one)
  return { cpu: ours.reduce((sum, one) => sum + one.cpu, 0), rss: ours.reduce((sum, one) => sum + one.rss, 0) }
}

/** Waits until two seconds in a row use less than 3 % of a core: what was accepted has been worked on. */
async function quiet(pid: number): Promise<{ peak: number }> {
  let peak = 0
  let last = usage(pid).cpu
  for (let calm = 0; calm < 2;) {
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const now = usage(pid)
    calm = now.cpu - last < 0.03 ? calm + 1 : 0
    last = now.cpu
    peak = Math.max(peak, now.rss)
  }
  return { peak }
}

function bytesOf(folder: string): number {
  return Number(execFileSync('du', ['-s', '--block-size=1', folder]).toString().split('\t')[0])
}

/** A trace by id and kinds of searches, one at a time. */
async function questions(port: number, load: Load): Promise<Record<string, string>> {
  const { traceIds } = load
  const kinds: Record<string, (index: number) => object> = {
    'by id ms': (index) => ({ timeline: traceIds[(index * 7_919) % traceIds.length] }),
    'service ms': () => ({ service: 'shop' }),
    'route ms': () => ({ route: '/cart' }),
    'duration ms': () => ({ service: 'shop', minDurationNs: '60000000' }),
    'attribute ms': (index) => ({ attributes: { 'url.path': `/books/${(index * 37) % 10_000}/` } }),
    'status ms': () => ({ status: 500, error: true }),
    'text ms': () => ({ text: 'cart' }),
  }
  const results: Record<string, string> = {}
  for (const [name, question] of Object.entries(kinds)) {
    const ms: number[] = []
    for (let index = 0; index < 100; index++) ms.push((await ask(port, question(index))).ms)
    ms.sort((one, other) => one - other)
    results[name] = `${round(ms[50] as number)} / ${round(ms[98] as number)}`
  }
  return results
}

/** A question to the process of `collector-process.ts`. */
export async function ask(port: number, question: object): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: JSON.stringify(question) })
  return (await response.json()) as Answer
}

interface Answer {
  readonly ms: number
  readonly found: number
  readonly stats?: Pick<CollectorStats, 'accepted' | 'stored' | 'pending' | 'dropped'>
  readonly block?: number
}

if (import.meta.main) console.table(await run(process.argv.slice(2)))
