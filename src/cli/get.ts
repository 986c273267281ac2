import { startAgent } from '../agent/start.ts'
import { watchClients } from '../client/watch.ts'
import { decodeTraces } from '../otlp/decode.ts'
import type { Span } from '../model/span.ts'
import { timelineJson } from '../query/timeline-json.ts'
import type { TimelineJson } from '../query/wire/timeline.ts'
import { stitch } from '../stitch/stitch.ts'
import { ask, type Answer } from './ask.ts'
import { deliver, joined } from './collector-api.ts'
import { getOptions, type GetOptions } from './get-options.ts'
import { openSink } from './sink.ts'
import { waterfall } from './waterfall.ts'

/** Whose the spans of the request itself are. */
const SERVICE = 'phaseline-get'

/** `phaseline get URL`: one real request, and where its time went. */
export async function get(args: string[]): Promise<number> {
  const options = getOptions(args)
  if (options === undefined) return 0
  const { answers, bodies } = await observed(options)
  const mine = ownTimelines(bodies)
  const delivered = bodies.length > 0 && (await deliver(options.to, bodies))
  const timelines = delivered && mine.some(reached) ? await whole(mine, options) : mine
  if (options.json) console.log(JSON.stringify({ timelines }))
  else print(timelines, answers, delivered, options)
  return exitCode(answers, options)
}

/** Makes the requests with the client's phases watched. @returns the answers, and the spans as OTLP */
async function observed(options: GetOptions): Promise<{ answers: Answer[]; bodies: readonly Buffer[] }> {
  const sink = await openSink()
  const agent = await startAgent({ serviceName: SERVICE, endpoint: sink.url, env: {} })
  const stop = watchClients()
  const answers = await ask(options)
  stop()
  await agent?.shutdown()
  await sink.close()
  return { answers, bodies: sink.bodies }
}

/** What is known here of each request, in the order of their making. */
function ownTimelines(bodies: readonly Buffer[]): TimelineJson[] {
  const spans = bodies.flatMap((body): readonly Span[] => decodeTraces(body, 'protobuf').spans)
  return [...Map.groupBy(spans, ({ traceId }) => traceId).values()]
    .map((trace) => timelineJson(stitch(trace)))
    .sort((a, b) => (BigInt(a.start) < BigInt(b.start) ? -1 : 1))
}

/** Whether there was a connection: without one, nobody else has spans of it. */
function reached({ spans }: TimelineJson): boolean {
  return spans.some(({ phase }) => phase === 'client.send')
}

/** The same with what the collector knows beside. */
async function whole(mine: readonly TimelineJson[], { page, wait }: GetOptions): Promise<TimelineJson[]> {
  if (process.stderr.isTTY && wait > 0) process.stderr.write("waiting for the server's spans …\r")
  const timelines = await Promise.all(mine.map(async (own) => (await joined(page, own.traceId, SERVICE, wait)) ?? own))
  if (process.stderr.isTTY && wait > 0) process.stderr.write('\u001b[2K')
  return timelines
}

function print(timelines: readonly TimelineJson[], answers: readonly Answer[], delivered: boolean, options: GetOptions): void {
  for (const [index, { durationNs }] of timelines.entries()) {
    if (timelines.length > 1)
      console.log(`${String(index + 1).padStart(4)}  ${(Number(durationNs) / 1e6).toFixed(2).padStart(10)} ms`)
  }
  const last = timelines.at(-1)
  const failure = answers.find((answer) => 'error' in answer)
  if (last !== undefined) {
    const drawing = {
      width: process.stdout.columns ?? 80,
      colour: process.stdout.isTTY && process.stdout.hasColors(),
      fold: !options.all,
    }
    console.log(waterfall(last, drawing).join('\n'))
    if (delivered || failure === undefined) console.log(`\n${where(last, delivered, options)}`)
  }
  if (failure !== undefined) console.error(`phaseline: no answer from ${options.url.host}: ${reason(failure.error)}`)
}

/** Where else it can be seen; or why only the client's side is here. */
function where(timeline: TimelineJson, delivered: boolean, { to, page }: GetOptions): string {
  const { spans, traceId } = timeline
  if (!delivered)
    return `No collector at ${to.origin}: these are the client's phases only.\nTo see the server's: phaseline collect`
  const alone = reached(timeline) && spans.every(({ service, synthetic }) => service === SERVICE || synthetic)
  const link = new URL(`/trace/${traceId}`, page).href
  return alone ? `${link}\nNo spans of a server came to this collector: is the app watched, and does it\nsend here?` : link
}

/** What to look at, where the words of the system do not say it. */
const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the app running, and on this port?',
  ENOTFOUND: 'no host has this name',
  EAI_AGAIN: 'the name server does not answer',
}

function reason({ code, message, name }: NodeJS.ErrnoException): string {
  if (name === 'TimeoutError' || name === 'AbortError') return 'it took longer than --timeout'
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? '')) return `${message} (--insecure takes any certificate)`
  const hint = HINTS[code ?? '']
  return (message || String(code)) + (hint === undefined ? '' : `; ${hint}`)
}

function exitCode(answers: readonly Answer[], { fail }: GetOptions): number {
  if (answers.some((answer) => 'error' in answer)) return 2
  return fail && answers.some((answer) => 'status' in answer && answer.status >= 400) ? 22 : 0
}
