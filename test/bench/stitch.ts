import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Span } from '../../src/model/span.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { encodeSpans } from '../../src/otlp/spans.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { summarise } from '../../src/stitch/summary.ts'
import { ask, post, startPhaseline, type Receiver } from './collector.ts'
import { numbers, traceOf } from './traces.ts'

/**
 * How long one large trace takes, by its shape. First in this process: its bytes to spans, those to a timeline, that to a line of
 * the list, and what only who opens it asks for, the critical path; the best of some rounds and the longest, which has what the
 * garbage collector took. Then by a collector in a process of its own, with its page and alerts: from the last body's answer until
 * a search of the page finds it, without the time that it waits for more; how long others waited for an answer meanwhile, who sent a
 * span every few ms; the longest that the collector's event loop was held up; and the most memory that it had.
 */
export const title = 'What one large trace takes, ms'

type Row = Record<string, string | number>

/** @param args `--spans 100000 --rounds 7 --only chain,…` */
export async function run(args: string[]): Promise<Row[]> {
  const options = { spans: { type: 'string' }, rounds: { type: 'string' }, only: { type: 'string' } } as const
  const { spans = '100000', rounds = '7', only } = parseArgs({ args, options }).values
  const names = only?.split(',') ?? Object.keys(SHAPES)
  const rows: Row[] = []
  for (const name of names) {
    const shape = SHAPES[name]
    if (shape === undefined) throw new Error(`no shape is called ${name}`)
    const trace = shape(Number(spans))
    rows.push({ shape: name, ...measure(encodeSpans(trace), Number(rounds)), ...(await collecting(trace, Number(rounds))) })
  }
  return rows
}

/** Of how many spans a body is. */
const BODY = 2_000

async function collecting(spans: readonly Span[], rounds: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-bench-'))
  const receiver = await startPhaseline(folder, 'whole', 'impatient')
  const agent = new Agent({ keepAlive: true })
  const stored: number[] = []
  const waits: number[] = []
  const blocks: number[] = []
  let peak = 0
  try {
    for (let number = 0; number < rounds; number++) {
      const traceId = (number + 1).toString(16).padStart(32, 'f')
      const bodies = Array.from({ length: Math.ceil(spans.length / BODY) }, (_, i) =>
        encodeSpans(spans.slice(i * BODY, (i + 1) * BODY).map((span) => ({ ...span, traceId }))),
      )
      const before = await storedBy(receiver)
      await longestBlock(receiver)
      for (const body of bodies) {
        const status = await post(agent, `${receiver.otlp}/v1/traces`, Buffer.from(body))
        if (status !== 200) throw new Error(`it answered ${status}`)
      }
      const sent = performance.now()
      waits.push(await longestWait(receiver, agent, before + spans.length))
      await findOnPage(receiver, traceId)
      stored.push(performance.now() - sent - PATIENCE)
      blocks.push(await longestBlock(receiver))
    }
    peak = peakOf(receiver.pid)
  } finally {
    agent.destroy()
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { 'until visible': spread(stored), 'longest wait': spread(waits), 'longest block': spread(blocks), 'RSS MB': peak }
}

/** What `impatient` means there, ms. */
const PATIENCE = 200

async function storedBy({ questions }: Receiver): Promise<number> {
  return (await ask(questions ?? 0, { stats: true })).stats?.stored ?? 0
}

async function longestBlock({ questions }: Receiver): Promise<number> {
  return (await ask(questions ?? 0, { block: true })).block ?? 0
}

async function findOnPage({ page }: Receiver, traceId: string): Promise<void> {
  const response = await fetch(`${page}/api/timelines?q=${traceId}`)
  const { items } = (await response.json()) as { items: unknown[] }
  if (items.length !== 1) throw new Error('it is stored and not found')
}

/** The most memory that a process had so far, MB. */
function peakOf(pid: number): number {
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round((Number(kibibytes) * 1_024) / 1e6)
}

/** Sends a span, waits for the answer, sends the next, until so many spans are stored. */
async function longestWait(receiver: Receiver, agent: Agent, until: number): Promise<number> {
  const small = Buffer.from(encodeSpans(traceOf(numbers(3), 1, BEGAN)))
  const deadline = performance.now() + 30_000
  let longest = 0
  while ((await storedBy(receiver)) < until) {
    const sent = performance.now()
    if (sent > deadline) throw new Error('it is not stored after 30 seconds')
    await post(agent, `${receiver.otlp}/v1/traces`, small)
    longest = Math.max(longest, performance.now() - sent)
  }
  return longest
}

function measure(otlp: Uint8Array, rounds: number): Row {
  const steps: Record<string, number[]> = {}
  const timed = <Made>(step: string, act: () => Made): Made => {
    const started = performance.now()
    const made = act()
    ;(steps[step] ??= []).push(performance.now() - started)
    return made
  }
  for (let round = 0; round < rounds; round++) {
    const spans = timed('decode', () => decodeSpans(otlp))
    timed('all but decode', () => {
      const timeline = timed('stitch', () => stitch(spans))
      timed('summary', () => summarise(timeline))
      timed('critical path', () => timeline.figures)
    })
  }
  const told = Object.entries(steps).map(([step, ms]) => [step, spread(ms)])
  return Object.fromEntries(told) as Row
}

const spread = (ms: readonly number[]): string => `${Math.round(Math.min(...ms))} / ${Math.round(Math.max(...ms))}`

/** Of `count` spans, who each one's parent is and when it was; in ms of a request that takes ten minutes. */
const SHAPES: Readonly<Record<string, (count: number) => Span[]>> = {
  'a shop’s': (count) => shuffled(traceOf(numbers(1), count, BEGAN)),
  chain: (count) =>
    made(
      count,
      (i) => i - 1,
      (i) => [i, 600_000 - i],
    ),
  wide: (count) =>
    made(
      count,
      () => 0,
      (i) => (i === 0 ? [0, 600_000] : [5 * i, 5 * i + 4]),
    ),
  overlapping: (count) =>
    made(
      count,
      () => 0,
      (i) => (i === 0 ? [0, 600_000] : [5 * i, 5 * i + 400]),
    ),
  'random tree': (count) => randomTree(count, 1),
  'fifty hosts': (count) => randomTree(count, 50),
}

const BEGAN = 1_790_000_000_000_000_000n

/** Each span within an earlier one; with several hosts the calls go from one to another, whose clock is wrong. */
function randomTree(count: number, hosts: number): Span[] {
  const random = numbers(5)
  const times: [number, number][] = [[0, 600_000]]
  const parents = [-1]
  for (let i = 1; i < count; i++) {
    const parent = Math.floor(i * random() ** 0.7)
    const [from, to] = times[parent] as [number, number]
    const start = from + (to - from) * 0.9 * random()
    parents.push(parent)
    times.push([start, start + (to - start) * random()])
  }
  const offsets = Array.from({ length: hosts }, () => (random() - 0.5) * 1e6)
  const spans = made(
    count,
    (i) => parents[i] as number,
    (i) => (times[i] as [number, number]).map((ms) => ms + (offsets[i % hosts] as number)) as [number, number],
  )
  return spans.map((span, i): Span => {
    const host = `app-${i % hosts}`
    const attributes = new Map([...span.resource.attributes, ['host.name', host] as const])
    return { ...span, kind: i % 2 === 0 ? 'CLIENT' : 'SERVER', resource: { ...span.resource, host, attributes } }
  })
}

function made(count: number, parentOf: (i: number) => number, timesOf: (i: number) => [number, number]): Span[] {
  const [pattern] = traceOf(numbers(1), 1, BEGAN) as [Span]
  const ids = Array.from({ length: count }, (_, i) => (i + 1).toString(16).padStart(16, '0'))
  const spans = ids.map((spanId, i): Span => {
    const [start, end] = timesOf(i).map((ms) => BEGAN + BigInt(Math.round(ms * 1e6))) as [bigint, bigint]
    const phase = i === 0 ? 'gateway' : 'view'
    const attributes = new Map([...pattern.attributes, ['phaseline.phase', phase] as const])
    return { ...pattern, spanId, parentSpanId: ids[parentOf(i)] ?? null, start, end, kind: 'INTERNAL', attributes }
  })
  return shuffled(spans)
}

/** In no order, as they come from several processes. */
function shuffled(spans: Span[]): Span[] {
  const random = numbers(9)
  for (let i = spans.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[spans[i], spans[other]] = [spans[other] as Span, spans[i] as Span]
  }
  return spans
}

if (import.meta.main) console.table(await run(process.argv.slice(2)))
