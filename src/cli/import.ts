import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Span } from '../model/span.ts'
import { encodeSpans } from '../otlp/spans.ts'
import { tracesOf } from '../stitch/traces.ts'
import { StartError, UsageError } from './command.ts'
import { readFiles, refusalLines } from './stitch.ts'

const HELP = `usage: phaseline import FILE… [--to URL]

Puts files of spans into a running collector, or any other OTLP/HTTP endpoint: OTLP (JSON, one document or one per line;
protobuf), Jaeger JSON, Zipkin v2 JSON, each also gzipped. "-" is standard input. What is refused is said.

  --to URL      the collector's OTLP address (http://127.0.0.1:4318)`

/** `phaseline import FILE…`. @returns 1 if anything was refused */
export async function importFiles(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { to: { type: 'string', default: 'http://127.0.0.1:4318' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return say(HELP)
  if (positionals.length === 0) throw new UsageError('which files? "-" is standard input')
  if (!URL.canParse(values.to)) throw new UsageError(`--to ${values.to} is no URL`)
  const { spans, refused } = await readFiles(positionals)
  const { sent, rejected } = await sendAll(spans, new URL('/v1/traces', values.to))
  for (const line of refusalLines(refused)) console.error(line)
  if (rejected > 0) console.error(`the collector did not take ${rejected} spans`)
  say(`${sent} spans of ${tracesOf(spans).size} traces sent to ${values.to}, ${refused.length + rejected} refused`)
  return refused.length + rejected > 0 ? 1 : 0
}

function say(text: string): number {
  console.log(text)
  return 0
}

interface Sent {
  sent: number
  rejected: number
}

/** Sends all spans, those of a trace together where they fit. */
async function sendAll(spans: readonly Span[], to: URL): Promise<Sent> {
  const total: Sent = { sent: 0, rejected: 0 }
  for (const batch of batches(spans)) {
    const rejected = await send(encodeSpans(batch), to)
    total.sent += batch.length - rejected
    total.rejected += rejected
    if (process.stderr.isTTY) process.stderr.write(`\r${total.sent} of ${spans.length} spans`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  return total
}

/** Spans per request. */
const BATCH = 2_000

function* batches(spans: readonly Span[]): Generator<Span[]> {
  let batch: Span[] = []
  for (const trace of tracesOf(spans).values()) {
    for (const span of trace) {
      if (batch.push(span) < BATCH) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** How often one that is asked to wait comes again. */
const ATTEMPTS = 10

/** Sends one request until it is answered. @returns how many of its spans were not taken @throws StartError if nobody takes it */
async function send(body: Buffer, to: URL): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const answer = await post(body, to)
    if (answer.ok) return rejectedBy(Buffer.from(await answer.arrayBuffer()))
    const said = (await answer.text()).slice(0, 200)
    if (![429, 502, 503, 504].includes(answer.status) || attempt === ATTEMPTS) {
      throw new StartError(`${to.href} answered ${answer.status}: ${said}`)
    }
    const seconds = Number(answer.headers.get('retry-after') ?? 1)
    await pause(Math.min(30, Number.isFinite(seconds) ? seconds : 1) * 1_000)
  }
}

async function post(body: Buffer, to: URL): Promise<Response> {
  try {
    return await fetch(to, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(60_000),
    })
  } catch (error) {
    throw new StartError(`nothing answers at ${to.origin}: is the collector running? (phaseline collect)`, { cause: error })
  }
}

/** `partial_success.rejected_spans` of an ExportTraceServiceResponse, in protobuf: field 1, in it field 1. */
function rejectedBy(bytes: Buffer): number {
  if (bytes[0] !== 0x0a || bytes[2] !== 0x08) return 0
  let value = 0
  for (let at = 3, scale = 1; at < bytes.length; at++, scale *= 128) {
    value += ((bytes[at] as number) & 0x7f) * scale
    if ((bytes[at] as number) < 0x80) break
  }
  return value
}
