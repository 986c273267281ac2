import { createWriteStream, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { ListJson } from '../query/wire/list.ts'
import { argumentsOf } from './arguments.ts'
import { askPage } from './collector-api.ts'
import { StartError, UsageError } from './command.ts'
import { wholeId } from './trace-id.ts'

const HELP = `usage: phaseline export [TRACE…] [options]

Writes traces of a running collector, those whose ids begin so, else the newest,
as OTLP JSON, each on a line: what "phaseline import", "stitch" and "check"
read, and Jaeger's page.

  -o, --output FILE   a file instead of standard output
      --jaeger        Jaeger's JSON instead: to the microsecond
      --timelines     stitched, as "phaseline stitch --json" has them, instead
      --filter QUERY  as in the page's address: "service=shop&minMs=100"
  -n, --limit N       so many timelines at most (100)
      --page URL      the collector's page (http://127.0.0.1:7427)`

/** `phaseline export`. @returns 1 if a trace that was named is not there */
export async function exportFile(args: string[]): Promise<number> {
  const given = argumentsOf(HELP, {
    args,
    allowPositionals: true,
    options: {
      output: { type: 'string', short: 'o' },
      jaeger: { type: 'boolean', default: false },
      timelines: { type: 'boolean', default: false },
      filter: { type: 'string', default: '' },
      limit: { type: 'string', short: 'n', default: '100' },
      page: { type: 'string', default: 'http://127.0.0.1:7427' },
    },
  })
  if (given === undefined) return 0
  const { values, positionals } = given
  const limit = Number(values.limit)
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError(`--limit ${values.limit} is no number of timelines`)
  if (!URL.canParse(values.page)) throw new UsageError(`--page ${values.page} is no URL`)
  const page = new URL(values.page)
  const ids = positionals.length > 0 ? await named(page, positionals) : await newest(page, values.filter, limit)
  const output = values.output === undefined ? process.stdout : fileAt(values.output)
  const form = FORMS[values.timelines ? 'timelines' : values.jaeger ? 'jaeger' : 'otlp']
  const written = await writeTraces(output, ids, page, form)
  if (values.output !== undefined) console.log(`${written} timelines written to ${values.output}`)
  return written < ids.length ? 1 : 0
}

async function named(page: URL, beginnings: readonly string[]): Promise<string[]> {
  return await Promise.all(beginnings.map((beginning) => wholeId(page, beginning)))
}

async function newest(page: URL, filter: string, limit: number): Promise<string[]> {
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null && ids.length < limit;) {
    const query = new URLSearchParams(filter)
    query.set('limit', String(Math.min(limit - ids.length, 100)))
    if (cursor !== '') query.set('cursor', cursor)
    const list: ListJson = (await askPage(new URL(`/api/timelines?${query.toString()}`, page))) as ListJson
    ids.push(...list.items.map(({ traceId }) => traceId))
    cursor = list.next
  }
  return ids.slice(0, limit)
}

/** How traces are written: where one comes from, and what stands around them. */
interface Form {
  readonly path: string
  /** The trace in the answer. */
  readonly one: (answer: unknown) => unknown
  readonly around: readonly [before: string, between: string, after: string]
}

const FORMS: Readonly<Record<'otlp' | 'jaeger' | 'timelines', Form>> = {
  otlp: {
    path: '/api/v3/traces/',
    one: (answer) => (answer as { result?: unknown } | undefined)?.result,
    around: ['', '\n', '\n'],
  },
  jaeger: {
    path: '/api/traces/',
    one: (answer) => (answer as { data?: unknown[] } | undefined)?.data?.[0],
    around: ['{"data":[\n', ',\n', '\n]}\n'],
  },
  timelines: { path: '/api/timelines/', one: (answer) => answer, around: ['{"timelines":[\n', ',\n', '\n],"refused":[]}\n'] },
}

/** One trace after the other, so that as many as there are fit. @returns how many were there */
async function writeTraces(output: Writable, ids: readonly string[], page: URL, form: Form): Promise<number> {
  const [before, between, after] = form.around
  let written = 0
  await write(output, before)
  for (const id of ids) {
    const one = form.one(await askPage(new URL(form.path + encodeURIComponent(id), page)))
    if (one === undefined) console.error(`there is no trace ${id}`)
    else await write(output, `${written++ === 0 ? '' : between}${JSON.stringify(one)}`)
  }
  await write(output, written === 0 ? after.trimStart() : after)
  if (output !== process.stdout) await new Promise((resolve) => output.end(resolve))
  return written
}

function fileAt(path: string): Writable {
  try {
    return createWriteStream(path, { fd: openSync(path, 'w') })
  } catch (error) {
    throw new StartError(`${path} cannot be written (${(error as Error).message})`, { cause: error })
  }
}

async function write(output: Writable, text: string): Promise<void> {
  if (!output.write(text)) await new Promise((resolve) => output.once('drain', resolve))
}
