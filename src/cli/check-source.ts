import { setTimeout as pause } from 'node:timers/promises'
import { collect } from '../collector/index.ts'
import type { Timeline } from '../model/timeline.ts'
import { decodeTraces } from '../otlp/decode.ts'
import type { ListJson } from '../query/wire/list.ts'
import { stitch } from '../stitch/stitch.ts'
import { askPage } from './collector-api.ts'

/** Where timelines come from: a collector of our own, or one that runs. */
export interface Source {
  timeline(traceId: string): Promise<Timeline | undefined>
  close(): Promise<void>
}

/** Nobody waits for more of a trace than the app keeps a batch. */
const PATIENCE = { rooted: 200, rootless: 500, most: 2_000 }

/** A collector in memory. @throws PhaselineError `port_taken` */
export async function ownSource(otlpPort: number): Promise<Source> {
  const collector = await collect({ otlpPort, patience: PATIENCE })
  return {
    timeline: (traceId) => collector.store.timeline(traceId),
    close: () => collector.close(),
  }
}

/** A collector that runs. @param page its page's address */
export function runningSource(page: URL): Source {
  return {
    async timeline(traceId) {
      const answer = (await askPage(new URL(`/api/v3/traces/${traceId}`, page))) as { result?: unknown } | undefined
      if (answer?.result === undefined) return undefined
      return stitch(decodeTraces(Buffer.from(JSON.stringify(answer.result)), 'json').spans)
    },
    close: () => Promise.resolve(),
  }
}

/** The newest timelines that began in the last so many ms, at most so many. @throws StartError if nobody answers there */
export async function recent(page: URL, sinceMs: number, limit: number): Promise<string[]> {
  const from = BigInt(Date.now() - sinceMs) * 1_000_000n
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null && ids.length < limit;) {
    const query = new URLSearchParams({ from: String(from), limit: '100', ...(cursor !== '' && { cursor }) })
    const list: ListJson = (await askPage(new URL(`/api/timelines?${query.toString()}`, page))) as ListJson
    ids.push(...list.items.map(({ traceId }) => traceId))
    cursor = list.next
  }
  return ids.slice(0, limit)
}

/** Several at once, but not so many that the collector has nothing else to do. */
export async function timelinesOf(source: Source, ids: readonly string[]): Promise<Timeline[]> {
  const found: Timeline[] = []
  for (let at = 0; at < ids.length; at += 8) {
    const some = await Promise.all(ids.slice(at, at + 8).map((id) => source.timeline(id)))
    found.push(...some.filter((timeline) => timeline !== undefined))
  }
  return found
}

const BETWEEN_MS = 300
/** What has not changed for so long is taken as complete: longer than between two batches of an OpenTelemetry SDK's siblings. */
const QUIET_MS = 1_500

/** Waits until all of them have come and none changes any more, or so many ms have passed. */
export async function settled(source: Source, ids: readonly string[], waitMs: number): Promise<Timeline[]> {
  const until = performance.now() + waitMs
  let known = ''
  let since = performance.now()
  for (;;) {
    const timelines = await timelinesOf(source, ids)
    const versions = timelines.map(({ version }) => version).join(' ')
    if (versions !== known) [known, since] = [versions, performance.now()]
    const complete = timelines.length === ids.length && performance.now() - since >= QUIET_MS
    if (complete || performance.now() + BETWEEN_MS > until) return timelines
    await pause(BETWEEN_MS)
  }
}
