import type { Timeline } from '../model/timeline.ts'
import type { Store } from '../store/contract.ts'
import type { Live } from './live.ts'

/** Timelines that were asked for lately: opening one is followed by looks at its spans, and a long one takes a while to read. */
const KEPT = 4

export interface Recent {
  /** @returns undefined if the store has none */
  timeline(traceId: string): Promise<Timeline | undefined>
  close(): void
}

/** Remembers the last few timelines, until a later version is told. */
export function recent(store: Store, live: Live): Recent {
  const known = new Map<string, Promise<Timeline | undefined>>()
  const stop = live.subscribe((summary) => void known.delete(summary.traceId))
  const forget = (traceId: string): undefined => void known.delete(traceId)
  return {
    timeline(traceId) {
      const found = known.get(traceId)
      if (found !== undefined) return found
      const asked = store.timeline(traceId)
      known.set(traceId, asked)
      if (known.size > KEPT) forget(known.keys().next().value as string)
      // What is not there yet, or could not be read, is asked for again.
      asked.then(
        (timeline) => (timeline === undefined ? forget(traceId) : undefined),
        () => forget(traceId),
      )
      return asked
    },
    close() {
      stop()
      known.clear()
    },
  }
}
