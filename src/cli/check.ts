import type { Rule } from '../alerts/rule.ts'
import type { Span } from '../model/span.ts'
import type { Timeline } from '../model/timeline.ts'
import { alertConfig } from '../station/alerting.ts'
import { stitch } from '../stitch/stitch.ts'
import { tracesOf } from '../stitch/traces.ts'
import { drive, type Driven } from './check-drive.ts'
import { checkOptions, type Checked } from './check-options.ts'
import { ownSource, recent, runningSource, settled, timelinesOf } from './check-source.ts'
import { verdictsOf } from './check-verdicts.ts'
import { readFiles, refusalLines } from './span-files.ts'

/** `phaseline check`: recorded traffic, a running app or what a running collector knows. */
export async function check(args: string[]): Promise<number> {
  const checked = checkOptions(args)
  if (checked === undefined) return 0
  const { rules } = await alertConfig(checked.rules)
  return tell(await timelinesFor(checked), rules)
}

async function timelinesFor(checked: Checked): Promise<Timeline[]> {
  if ('files' in checked) return recorded(checked.files)
  if ('driving' in checked) return driven(checked)
  const { collector, sinceMs, limit } = checked
  const ids = await recent(collector, sinceMs, limit)
  console.log(`${ids.length} timelines of ${collector.origin}${ids.length === limit ? ', the newest (--limit)' : ''}`)
  return timelinesOf(runningSource(collector), ids)
}

async function recorded(files: readonly string[]): Promise<Timeline[]> {
  const spans: Span[] = []
  for await (const reading of readFiles(files)) {
    for (const span of reading.spans) spans.push(span)
    for (const line of refusalLines(reading.refused)) console.error(line)
  }
  return [...tracesOf(spans).values()].map((trace) => stitch(trace))
}

async function driven({ driving, collector, otlpPort, waitMs }: Extract<Checked, { driving: unknown }>): Promise<Timeline[]> {
  const source = collector === undefined ? await ownSource(otlpPort) : runningSource(collector)
  try {
    const done = await drive(driving)
    const timelines = await settled(source, done.traceIds, waitMs)
    console.log(saying(done, timelines.length))
    if (timelines.length === 0) {
      const to = collector === undefined ? `http://127.0.0.1:${otlpPort} (OTEL_EXPORTER_OTLP_ENDPOINT)` : collector.origin
      console.error(`phaseline: no spans of the app came; is it watched (phaseline run), and does it send to ${to}?`)
    }
    return timelines
  } finally {
    await source.close()
  }
}

/** `100 requests counted, 98 timelines came · answers: 105 × 200, 5 × 404`. */
function saying({ traceIds, statuses }: Driven, came: number): string {
  const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`)
  return `${traceIds.length} requests counted, ${came} timelines came · answers: ${answers.join(', ')}`
}

function tell(timelines: readonly Timeline[], rules: readonly Rule[]): number {
  const verdicts = verdictsOf(timelines, rules)
  for (const { outcome, text } of verdicts) console.log(`${outcome.padEnd(8)}  ${text}`)
  if (verdicts.some(({ outcome }) => outcome === 'broken')) return 1
  // That nothing hangs says little where nothing else could be said, unless nothing else was asked.
  const asked = rules.some(({ figure }) => figure !== 'in_flight_age')
  if (timelines.length > 0 && verdicts.some(({ outcome, seen }) => outcome === 'kept' && (seen || !asked))) return 0
  console.log('nothing could be checked')
  return 2
}
