import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readFileOfSpans, type FileReading } from '../formats/read.ts'
import type { Refusal } from '../formats/refusal.ts'
import { timelineJson } from '../query/timeline-json.ts'
import { stitch as stitchTrace } from '../stitch/stitch.ts'
import { tracesOf } from '../stitch/traces.ts'
import type { Timeline } from '../model/timeline.ts'
import { UsageError } from './command.ts'
import { safe } from './terminal-text.ts'
import { waterfall } from './waterfall.ts'

export const HELP = `usage: phaseline stitch FILE… [--json] [--trace ID]

Reads files of spans and prints each trace as one timeline: OTLP (JSON, one document or one per line; protobuf), Jaeger JSON,
Zipkin v2 JSON, each also gzipped. "-" is standard input. Nothing is kept.

  --json        the timelines as JSON: { "timelines": […], "refused": […] }
  --trace ID    only this trace`

/** `phaseline stitch FILE…`: the timelines of files of spans. @returns 1 if nothing could be read */
export async function stitch(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, trace: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return print([HELP]).then(() => 0)
  if (positionals.length === 0) throw new UsageError('which files? "-" is standard input')
  const { spans, refused } = await readFiles(positionals)
  const traces = [...tracesOf(spans).values()].map((trace) => stitchTrace(trace))
  const wanted = traces.filter(({ traceId }) => values.trace === undefined || traceId.endsWith(values.trace.toLowerCase()))
  const timelines = wanted.sort(firstToStart)
  if (values.json === true) await printJson(timelines, refused)
  else await printText(timelines, refused)
  return timelines.length === 0 && (refused.length > 0 || values.trace !== undefined) ? 1 : 0
}

function firstToStart(a: Timeline, b: Timeline): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1
  return a.traceId < b.traceId ? -1 : 1
}

/** Reads files in their order; one that cannot be opened is refused like what cannot be read. */
export async function readFiles(files: readonly string[]): Promise<FileReading> {
  const whole: FileReading = { spans: [], refused: [] }
  for (const file of files) {
    const { spans, refused } = await readOne(file)
    for (const span of spans) whole.spans.push(span)
    whole.refused.push(...refused)
  }
  return whole
}

async function readOne(file: string): Promise<FileReading> {
  try {
    return readFileOfSpans(file, file === '-' ? await standardInput() : await readFile(file))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return { spans: [], refused: [{ file, where: '', reason: code === 'ENOENT' ? 'there is no such file' : message }] }
  }
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function printJson(timelines: readonly Timeline[], refused: readonly Refusal[]): Promise<void> {
  // Timeline by timeline: one string for all of them could exceed what a string may hold.
  const parts = timelines.map((timeline, place) => (place === 0 ? '\n' : ',\n') + JSON.stringify(timelineJson(timeline)))
  await print(['{"timelines":[', ...parts, `],"refused":${JSON.stringify(refused)}}`], '')
}

async function printText(timelines: readonly Timeline[], refused: readonly Refusal[]): Promise<void> {
  const { isTTY, columns } = process.stdout
  const drawing = { width: isTTY ? columns : 80, colour: isTTY }
  await print(timelines.flatMap((timeline) => [...waterfall(timelineJson(timeline), drawing), '']))
  for (const line of refusalLines(refused)) console.error(line)
}

/** What was refused, in a line each; at most fifty. */
export function refusalLines(refused: readonly Refusal[]): string[] {
  const lines = refused.slice(0, 50).map(({ file, where, reason }) => safe(`refused: ${file}${where && ` ${where}`}: ${reason}`))
  return refused.length > 50 ? [...lines, `… and ${refused.length - 50} more`] : lines
}

async function print(lines: readonly string[], between = '\n'): Promise<void> {
  for (const line of lines) {
    if (!process.stdout.write(line + between)) await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  if (between === '') process.stdout.write('\n')
}
