import type { Summary } from '../model/summary.ts'
import type { Timeline } from '../model/timeline.ts'
import { newsJson, type Tidings, tidingsOf } from './news-json.ts'

/** Who tells of each new or changed timeline: the collector. */
export interface Live {
  /** @returns a function that ends it */
  subscribe(listener: (summary: Summary, timeline?: Timeline) => void): () => void
}

/** Kept for those who come back; a page that was away longer loads its list anew. */
const KEPT = 1_000
/** At most so many lines at once to one reader, the newest; the list itself has the others. */
const BURST = 200

/** Written out when somebody reads it: a collector under load has thousands a second, a reader takes a few. */
interface Line {
  readonly number: number
  readonly tidings: Tidings
}

/** The news as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), numbered, for any number of readers. */
export interface News {
  /**
   * Pieces of an event stream: a comment at once, then events as they come, a comment as heartbeat when there are none.
   * @param lastEventId what the browser says it saw last
   */
  read(lastEventId: string | undefined): AsyncGenerator<string>
  close(): void
}

export interface NewsOptions {
  /** Milliseconds of silence after which a comment is sent, so that both sides notice a dead connection. */
  readonly heartbeatMs?: number
  /** Milliseconds between two pieces for one reader, so that a busy collector does not redraw a page a thousand times a second. */
  readonly pauseMs?: number
}

/** Starts to listen; the numbers of events begin with `era`, so that those of an earlier run are not mistaken for ours. */
export function news(live: Live, era: string, { heartbeatMs = 15_000, pauseMs = 100 }: NewsOptions = {}): News {
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  let count = 0
  const ended = new AbortController()
  const wake = (): void => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  const stop = live.subscribe((summary, timeline) => {
    lines.push({ number: ++count, tidings: tidingsOf(summary, timeline) })
    if (lines.length > KEPT) lines.shift()
    wake()
  })
  const textOf = ({ number, tidings }: Line): string =>
    `id: ${era}-${number}\nevent: summary\ndata: ${JSON.stringify(newsJson(tidings))}\n\n`
  /** Resolves when something comes, or after some time. */
  const something = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      timer.unref()
      function done(): void {
        clearTimeout(timer)
        waiting.delete(done)
        resolve()
      }
      waiting.add(done)
    })
  async function* read(lastEventId: string | undefined): AsyncGenerator<string> {
    let seen = seenBefore(lastEventId, era, count)
    yield `retry: 1000\n: phaseline\n\n`
    while (!ended.signal.aborted) {
      const fresh = lines.filter((line) => line.number > seen).slice(-BURST)
      if (fresh.length > 0) {
        seen = (fresh.at(-1) as Line).number
        yield fresh.map(textOf).join('')
        await pause(pauseMs)
      } else {
        const before = count
        await something(heartbeatMs)
        if (count === before && !ended.signal.aborted) yield ': still here\n\n'
      }
    }
  }
  return {
    read,
    close() {
      ended.abort()
      stop()
      wake()
    },
  }
}

/** The number of the last event that a reader saw; a reader that is new, or of an earlier run, starts with what comes next. */
function seenBefore(lastEventId: string | undefined, era: string, count: number): number {
  const match = lastEventId?.startsWith(`${era}-`) === true ? /^\d+$/.exec(lastEventId.slice(era.length + 1)) : null
  return match === null ? count : Number(match[0])
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
