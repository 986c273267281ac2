import { parseArgs } from 'node:util'
import type { Refusal } from '../formats/refusal.ts'
import type { Timeline } from '../model/timeline.ts'
import { timelineJson } from '../query/timeline-json.ts'
import { timelineText } from '../query/timeline-text.ts'
import { stitch as stitchTrace } from '../stitch/stitch.ts'
import { UsageError } from './command.ts'
import { HeldTraces } from './held-traces.ts'
import { FORMATS, readFiles, refusalLines } from './span-files.ts'
import { waterfall } from './waterfall.ts'

const HELP = `usage: phaseline stitch FILE… [--json] [--trace ID]

Reads files of spans and prints each trace as one timeline:
${FORMATS} Nothing is kept.

  --json        the timelines as JSON: { "timelines": […], "refused": […] }
  --trace ID    only this trace

exit code: 0 · 1 nothing could be read, or the trace is not there`

/** `phaseline stitch FILE…`: the timelines of files of spans. @returns 1 if nothing could be read */
export async function stitch(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, trace: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) return print(`${HELP}\n`).then(() => 0)
  if (positionals.length === 0) throw new UsageError('which files? "-" is standard input')
  const held = new HeldTraces()
  const refused: Refusal[] = []
  for await (const reading of readFiles(positionals)) {
    held.add(reading.spans)
    for (const refusal of reading.refused) refused.push(refusal)
  }
  const wanted = held.ids().filter((ids) => values.trace === undefined || ids.some((id) => isCalled(id, values.trace as string)))
  const timelines = inOrder(held, wanted)
  await (values.json === true ? printJson(timelines, refused) : printText(timelines, refused))
  if (wanted.length > 0 || (refused.length === 0 && values.trace === undefined)) return 0
  if (values.trace !== undefined) console.error(`phaseline: there is no trace ${values.trace} in what could be read`)
  return 1
}

function isCalled(id: string, name: string): boolean {
  return id.endsWith(name.toLowerCase().replaceAll('-', ''))
}

/** So many spans of timelines are held; what is more is stitched twice: to be put in order, and to be printed. */
const KEPT = 100_000

/** The timelines in the order of their start. */
function* inOrder(held: HeldTraces, wanted: readonly (readonly string[])[]): Generator<Timeline> {
  if (wanted.length === 1) {
    for (const spans of held.take(wanted)) yield stitchTrace(spans)
    return
  }
  const order: { ids: readonly string[]; start: bigint; timeline: Timeline | undefined }[] = []
  let place = 0
  for (const spans of held.take(wanted)) {
    const timeline = stitchTrace(spans)
    order.push({ ids: wanted[place++] as string[], start: timeline.start, timeline: held.size > KEPT ? undefined : timeline })
  }
  order.sort((a, b) =>
    a.start === b.start ? ((a.ids[0] as string) < (b.ids[0] as string) ? -1 : 1) : a.start < b.start ? -1 : 1,
  )
  for (const { ids, timeline } of order) {
    if (timeline !== undefined) yield timeline
    else for (const spans of held.take([ids])) yield stitchTrace(spans)
  }
}

async function printJson(timelines: Iterable<Timeline>, refused: readonly Refusal[]): Promise<void> {
  let between = '\n'
  await print('{"timelines":[')
  for (const timeline of timelines) {
    await print(between)
    for (const piece of timelineText(timeline)) await print(piece)
    between = ',\n'
  }
  await print(`],"refused":${JSON.stringify(refused)}}\n`)
}

async function printText(timelines: Iterable<Timeline>, refused: readonly Refusal[]): Promise<void> {
  const { isTTY, columns } = process.stdout
  for (const timeline of timelines) {
    const lines = waterfall(timelineJson(timeline), { width: isTTY ? columns : 80, colour: isTTY })
    await print(`${lines.join('\n')}\n\n`)
  }
  for (const line of refusalLines(refused)) console.error(line)
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve))
}
