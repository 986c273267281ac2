import { AlertEngine } from '../../src/alerts/engine.ts'
import { serve, type ServeOptions, type Serving } from '../../src/query/server.ts'
import type { Stats } from '../../src/query/status.ts'
import { stubStore, type StubStore } from './stub-store.ts'

/** Nothing happened. */
const NO_STATS: Stats = {
  accepted: 0,
  stored: 0,
  pending: 0,
  dropped: 0,
  refused: 0,
  startedAt: new Date(0),
  forwarding: [],
}

/** A viewer's server on a free port with a store in memory behind it. */
export async function served(options: Partial<ServeOptions> = {}): Promise<Serving & { store: StubStore }> {
  const store = stubStore()
  const serving = await serve({
    store,
    live: store,
    stats: () => NO_STATS,
    alerts: new AlertEngine(),
    port: 0,
    pauseMs: 1,
    ...options,
  })
  return { ...serving, store }
}
