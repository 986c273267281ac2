import { startDemo, type Demo, type DemoOptions } from '../../src/demo/demo.ts'
import type { SummaryJson } from '../../src/query/wire/list.ts'
import type { TimelineJson } from '../../src/query/wire/timeline.ts'

/** Reads what a page's API tells as it comes. */
export interface Watcher {
  /** The first timeline, of those that come or change from now on, that is what is wanted, whole. */
  next(wanted: (summary: SummaryJson) => boolean, whole?: (timeline: TimelineJson) => boolean): Promise<TimelineJson>
  close(): void
}

/** Whether it came from the demo's traffic and nothing of it is missing yet. */
const joined = ({ spans, warnings }: TimelineJson): boolean =>
  warnings.orphan === undefined && spans[0]?.phase === 'client' && spans.some(({ phase }) => phase === 'gateway')

/** A demo on free ports, and who reads what its page tells. */
export interface Watched {
  readonly demo: Demo
  readonly watcher: Watcher
  stop(): Promise<void>
}

export async function watchedDemo(options: Partial<DemoOptions> = {}): Promise<Watched> {
  const demo = await startDemo({ port: 0, otlpPort: 0, shopPort: 0, ...options })
  const watcher = await watch(demo.page)
  return {
    demo,
    watcher,
    stop() {
      watcher.close()
      return demo.stop()
    },
  }
}

async function watch(page: string): Promise<Watcher> {
  const ended = new AbortController()
  const answer = await fetch(`${page}/api/live`, { signal: ended.signal })
  const listeners = new Set<(summary: SummaryJson) => void>()
  void (async () => {
    let rest = ''
    for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (rest + piece).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (data !== undefined) for (const listener of listeners) listener(JSON.parse(data) as SummaryJson)
      }
    }
  })().catch(() => {})
  const timelineOf = async ({ traceId }: SummaryJson): Promise<TimelineJson> =>
    (await (await fetch(`${page}/api/timelines/${traceId}`)).json()) as TimelineJson
  return {
    next(wanted, whole = joined) {
      return new Promise((resolve, reject) => {
        const look = async (summary: SummaryJson): Promise<void> => {
          const timeline = await timelineOf(summary)
          if (!whole(timeline)) return
          listeners.delete(listener)
          resolve(timeline)
        }
        const listener = (summary: SummaryJson): void => {
          if (wanted(summary)) look(summary).catch(reject)
        }
        listeners.add(listener)
      })
    },
    close: () => ended.abort(),
  }
}
