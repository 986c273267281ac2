import { setTimeout as pause } from 'node:timers/promises'
import { memorySessions, type SessionStore } from '../../lifecycle/index.ts'

/** Sessions in memory, and slow on demand: what a distant or overloaded store does to every page. */
export interface DemoSessions extends SessionStore {
  /** ms that each load and save takes. */
  delay: number
}

export function demoSessions(): DemoSessions {
  const kept = memorySessions()
  const wait = async (): Promise<void> => {
    if (sessions.delay > 0) await pause(sessions.delay)
  }
  const sessions: DemoSessions = {
    delay: 0,
    load: (key) => wait().then(() => kept.load(key)),
    save: (key, data, maxAge) => wait().then(() => kept.save(key, data, maxAge)),
    delete: (key) => wait().then(() => kept.delete(key)),
  }
  return sessions
}
