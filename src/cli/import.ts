import { collect } from '../collector/collect.ts'
import type { Span } from '../model/span.ts'
import { argumentsOf } from './arguments.ts'
import { UsageError } from './command.ts'
import { ProgressLine } from './progress-line.ts'
import { SpanSender } from './span-sender.ts'
import { FORMATS, readFiles, refusalLines, sizeOf } from './span-files.ts'

const HELP = `usage: phaseline import FILE… [--to URL | --data DIR]

Puts files of spans into a running collector, or any other OTLP/HTTP endpoint:
${FORMATS} What is refused is
said. The collector lists a trace once nothing more of it has come for a moment.

  --to URL      the collector's OTLP address (http://127.0.0.1:4318)
  --data DIR    the collector's folder instead, while none is running
  --token TEXT  "Authorization: Bearer TEXT", if the collector asks for it

exit code: 0 all taken · 1 something was refused`

/** `phaseline import FILE…`. @returns 1 if anything was refused */
export async function importFiles(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      to: { type: 'string' },
      data: { type: 'string' },
      token: { type: 'string' },
    },
  })
  if (given === undefined) return 0
  const { values, positionals } = given
  if (positionals.length === 0) throw new UsageError('which files? "-" is standard input')
  if (values.data !== undefined) return await intoFolder(positionals, values.data)
  const to = values.to ?? 'http://127.0.0.1:4318'
  if (!URL.canParse(to)) throw new UsageError(`--to ${to} is no URL`)
  return await send(positionals, new SpanSender(new URL('/v1/traces', to), values.token), to)
}

/** A collector of our own on the folder, for as long as it takes; what was imported is there to stay, however old it is. */
async function intoFolder(files: readonly string[], data: string): Promise<number> {
  const collector = await collect({ data, otlpPort: 0, retention: { maxAgeMs: Number.MAX_SAFE_INTEGER } })
  try {
    return await send(files, new SpanSender(new URL(`http://127.0.0.1:${collector.otlpPort}/v1/traces`)), data)
  } finally {
    await collector.close()
  }
}

async function send(files: readonly string[], sender: SpanSender, to: string): Promise<number> {
  const progress = new ProgressLine(await sizeOf(files))
  const traces = new Set<string>()
  let refused = 0
  try {
    for await (const reading of readFiles(files, (bytes) => progress.add(bytes))) {
      refused += reading.refused.length
      progress.say(refusalLines(reading.refused))
      for (const { traceId } of reading.spans) traces.add(traceId)
      for (const batch of batches(reading.spans)) progress.say(await sender.send(batch))
      progress.show(`${sender.sent.toLocaleString('en')} spans`)
    }
  } finally {
    progress.end()
  }
  if (sender.rejected > 0) console.error(`the collector did not take ${sender.rejected} spans`)
  console.log(`${sender.sent} spans of ${traces.size} traces sent to ${to}, ${refused + sender.rejected} refused`)
  return refused + sender.rejected > 0 ? 1 : 0
}

/** Spans per request. */
const BATCH = 2_000

/** The spans of a trace together where they fit. */
function* batches(spans: readonly Span[]): Generator<Span[]> {
  let batch: Span[] = []
  for (const trace of Map.groupBy(spans, ({ traceId }) => traceId).values()) {
    for (const span of trace) {
      if (batch.push(span) < BATCH) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}
