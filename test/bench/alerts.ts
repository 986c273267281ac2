import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AlertEngine } from '../../src/alerts/engine.ts'
import type { Subject } from '../../src/alerts/observation.ts'
import { decodeSpans } from '../../src/otlp/decode.ts'
import { stitch } from '../../src/stitch/stitch.ts'
import { tracesOf } from '../../src/stitch/traces.ts'
import type { Timeline } from '../../src/model/timeline.ts'
import { loadOf, numbers } from './traces.ts'

/**
 * What alerts cost the collector: learning from a timeline that has been stitched and stored (so that its spans have been read),
 * and one evaluation of the default rules over many series, each with fifteen minutes of slots behind it.
 */
export const title = 'What alerts cost the collector'

type Row = Record<string, string | number>

/** @param args `--spans 100000 --rounds 8 --series 10000` */
export async function run(args: string[]): Promise<Row[]> {
  const options = { spans: { type: 'string' }, rounds: { type: 'string' }, series: { type: 'string' } } as const
  const { spans = '100000', rounds = '8', series = '10000' } = parseArgs({ args, options }).values
  return [
    { what: 'learning, µs a span', ...quartiles(learning(Number(spans), Number(rounds))) },
    ...evaluation(Number(series), Number(rounds)),
  ]
}

function quartiles(figures: number[]): Row {
  const sorted = figures.toSorted((one, other) => one - other)
  const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] as number) * 100) / 100
  return { 'lower quartile': at(0.25), median: at(0.5), most: at(1) }
}

function learning(spans: number, rounds: number): number[] {
  const traces = [...tracesOf(loadOf(spans).bodies.flatMap((body) => decodeSpans(body))).values()]
  return Array.from({ length: rounds }, () => {
    const engine = new AlertEngine()
    const timelines = traces.map((trace): Timeline => stitch(trace))
    const count = timelines.reduce((sum, timeline) => sum + timeline.spans.length, 0)
    const started = performance.now()
    for (const timeline of timelines) engine.learn(timeline)
    return ((performance.now() - started) * 1_000) / count
  })
}

/** What cannot be collected. */
function heldMegabytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1e6
}

/** Each series is a hook on a route; five requests in ten seconds, spread over two octaves. */
function evaluation(series: number, rounds: number): Row[] {
  const clock = { now: Date.now() }
  const engine = new AlertEngine({ now: () => clock.now })
  const random = numbers(3)
  const subjects = Array.from({ length: series }, (_, index): Subject => {
    const at = { route: `/shop/${Math.floor(index / 20)}`, hook: index % 2 === 0 ? 'process_request' : 'process_response' }
    return { service: 'shop', phase: 'middleware.request', name: `Middleware${index % 20}`, ...at }
  })
  const slot = (slowness: number): void => {
    clock.now += 10_000
    for (const subject of subjects) {
      for (let call = 0; call < 5; call++) {
        const selfSeconds = 0.002 * slowness * 4 ** random()
        engine.series.observe({ subject, selfSeconds, share: 0.1, error: false, traceId: 'a', at: clock.now })
      }
    }
  }
  const tick = (): number => {
    const started = performance.now()
    engine.tick()
    return performance.now() - started
  }
  const before = heldMegabytes()
  for (let filled = 0; filled < 90; filled++) {
    slot(1)
    tick()
  }
  const calm = Array.from({ length: rounds }, () => (slot(1), tick()))
  const storm = Array.from({ length: rounds + 60 }, () => (slot(100), tick())).slice(60)
  const megabytes = Math.round(heldMegabytes() - before)
  return [
    { what: `evaluating ${series} series, ms`, ...quartiles(calm) },
    { what: 'the same while all are over, ms', ...quartiles(storm), 'MB held': megabytes },
  ]
}

if (import.meta.main) console.table(await run(process.argv.slice(2)))
