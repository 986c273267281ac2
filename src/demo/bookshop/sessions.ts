import { setTimeout as pause } from 'node:timers/promises'

type Session = Record<string, unknown>

/** More visitors than these are forgotten, the oldest first. */
const MOST = 1_000

/** Sessions in memory. Slow on demand: what a distant or overloaded store does to every page. */
export class Sessions {
  /** ms that loading and saving take. */
  delay = 0
  readonly #known = new Map<string, Session>()
  readonly #ids = new WeakMap<Session, string>()

  /** The session of this id, or a new one. */
  async load(id: string | undefined): Promise<Session> {
    await this.#wait()
    const known = id === undefined ? undefined : this.#known.get(id)
    if (known !== undefined) return known
    const made: Session = {}
    this.#ids.set(made, crypto.randomUUID())
    return made
  }

  /** Keeps it. @returns its id */
  async save(session: Session): Promise<string> {
    await this.#wait()
    const id = this.#ids.get(session) as string
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value as string)
    this.#known.set(id, session)
    return id
  }

  async #wait(): Promise<void> {
    if (this.delay > 0) await pause(this.delay)
  }
}
