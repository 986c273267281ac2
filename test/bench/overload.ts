import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ask, post, startPhaseline, usage } from './collector.ts'
import { loadOf, type Load } from './traces.ts'

/**
 * A collector (with its alerts and page) that is sent twice what it can take, each time with traces that it has not seen: what it
 * can take is measured first, what it answers with 503 is not sent again. At every sample `accepted` must be
 * `stored + pending + dropped`; memory should be flat.
 */
export const title = 'A collector at twice its capacity'

type Row = Record<string, string | number>

/** @param args `--minutes 1 --rate SPANS` (a second; twice the capacity if left out) */
export async function run(args: string[]): Promise<Row[]> {
  const options = { minutes: { type: 'string' }, rate: { type: 'string' } } as const
  const { minutes = '1', rate } = parseArgs({ args, options }).values
  const folder = mkdtempSync(join(tmpdir(), 'phaseline-overload-'))
  const receiver = await startPhaseline(folder)
  try {
    const sender = new Sender(`${receiver.otlp}/v1/traces`)
    const questions = receiver.questions as number
    const capacity = await capacityOf(sender, questions)
    sender.restart()
    const perSecond = rate === undefined ? 2 * capacity : Number(rate)
    const ends = performance.now() + Number(minutes) * 60_000
    const sending = sender.send(perSecond, ends)
    const rows: Row[] = []
    const every = Math.max(5_000, (ends - performance.now()) / 20)
    for (let at = performance.now() + every; at < ends + every; at += every) {
      await until(Math.min(at, ends))
      rows.push(await sample(sender, questions, receiver.pid))
    }
    await sending
    rows.push({ ...(await drained(sender, questions, receiver.pid)), note: `capacity ${Math.round(capacity)} spans/s` })
    return rows
  } finally {
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const until = (time: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, time - performance.now())))

/** Spans a second from the first byte until all is stored. */
async function capacityOf(sender: Sender, questions: number): Promise<number> {
  await sender.send(20_000, performance.now() + 3_000)
  await stored(questions)
  sender.restart()
  const from = performance.now()
  await sender.send(Infinity, from + 5_000)
  await stored(questions)
  return (sender.acknowledged * 1_000) / (performance.now() - from)
}

async function stored(questions: number): Promise<void> {
  while (((await ask(questions, { stats: true })).stats?.pending ?? 0) > 0) await until(performance.now() + 50)
}

async function sample(sender: Sender, questions: number, pid: number): Promise<Row> {
  const { stats } = await ask(questions, { stats: true })
  const { accepted = 0, stored: kept = 0, pending = 0, dropped = 0 } = stats ?? {}
  if (accepted !== kept + pending + dropped) throw new Error(`${accepted} accepted, but ${kept} + ${pending} + ${dropped}`)
  const seconds = Math.round((performance.now() - sender.startedAt) / 1_000)
  const offered = Math.round(((sender.acknowledged + sender.refused) / (performance.now() - sender.startedAt)) * 1_000)
  const figures = { accepted, stored: kept, pending, dropped, 'told to wait': sender.refused }
  return { seconds, 'offered/s': offered, ...figures, 'RSS MB': Math.round(usage(pid).rss) }
}

/** When all is stored, what was acknowledged must be there. */
async function drained(sender: Sender, questions: number, pid: number): Promise<Row> {
  await stored(questions)
  const row = await sample(sender, questions, pid)
  if (row['accepted'] !== sender.total) throw new Error(`${sender.total} acknowledged, but ${row['accepted']} accepted`)
  return row
}

/** Sends the same traces again and again under new ids. */
export class Sender {
  /** Spans since the last restart; `total` since the beginning. */
  acknowledged = 0
  refused = 0
  total = 0
  startedAt: number = performance.now()
  private readonly url: string
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 })
  private readonly bodies: Body[]
  private next = 0

  constructor(url: string) {
    this.url = url
    // A folder that was filled before must not know them.
    this.bodies = bodiesOf(loadOf(60_000, Date.now()))
  }

  restart(): void {
    this.acknowledged = 0
    this.refused = 0
    this.startedAt = performance.now()
  }

  /** So many spans a second, over eight connections, until a time of `performance.now()`. */
  async send(perSecond: number, ends: number): Promise<void> {
    const from = performance.now()
    let offered = 0
    const one = async (): Promise<void> => {
      while (performance.now() < ends) {
        const { bytes, spans } = this.fresh()
        offered += spans
        await until(from + ((offered - spans) / perSecond) * 1_000)
        const status = await post(this.agent, this.url, bytes)
        if (status === 200) {
          this.acknowledged += spans
          this.total += spans
        } else if (status === 503) this.refused += spans
        else throw new Error(`it answered ${status}`)
      }
    }
    await Promise.all(Array.from({ length: 8 }, one))
  }

  private fresh(): { bytes: Buffer; spans: number } {
    const body = this.bodies[this.next % this.bodies.length] as Body
    const pass = Math.floor(this.next++ / this.bodies.length)
    const bytes = Buffer.from(body.bytes)
    for (const at of body.ids) bytes.writeUInt32LE((bytes.readUInt32LE(at) ^ (pass * 0x9e3779b1)) >>> 0, at)
    return { bytes, spans: body.ids.length }
  }
}

interface Body {
  readonly bytes: Buffer
  /** Where the trace ids are: one for each span. */
  readonly ids: number[]
}

function bodiesOf({ bodies, traceIds }: Load): Body[] {
  const known = new Set(traceIds)
  return bodies.map((bytes) => {
    const ids: number[] = []
    for (let at = bytes.indexOf(TRACE_ID); at >= 0; at = bytes.indexOf(TRACE_ID, at + 1))
      if (known.has(bytes.toString('hex', at + 2, at + 18))) ids.push(at + 2)
    return { bytes, ids }
  })
}

/** Field 1 of Span, of sixteen bytes. */
const TRACE_ID = Buffer.from([0x0a, 0x10])

if (import.meta.main) console.table(await run(process.argv.slice(2)))
