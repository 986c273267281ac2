/** What a session holds: whatever JSON can. */
export type SessionData = Record<string, unknown>

/** Where sessions are kept, if not in signed cookies. */
export interface SessionStore {
  /** Undefined if there is none (any more). */
  load(key: string): Promise<SessionData | undefined>
  /** @param maxAge in seconds */
  save(key: string, data: SessionData, maxAge: number): Promise<void>
  delete(key: string): Promise<void>
}

/** The session of one visitor, on `request.session`. Knows whether it was read and whether it was changed. */
export class Session {
  #data: SessionData
  /** The key in the store; undefined for a new one, and in signed cookies. */
  key: string | undefined
  accessed = false
  modified = false

  constructor(data: SessionData = {}, key?: string) {
    this.#data = data
    this.key = key
  }

  get(name: string): unknown {
    this.accessed = true
    return Object.hasOwn(this.#data, name) ? this.#data[name] : undefined
  }

  has(name: string): boolean {
    this.accessed = true
    return Object.hasOwn(this.#data, name)
  }

  /** @param value what JSON can hold */
  set(name: string, value: unknown): void {
    this.accessed = this.modified = true
    this.#data = { ...this.#data, [name]: value }
  }

  delete(name: string): void {
    if (!this.has(name)) return
    this.modified = true
    const { [name]: _, ...rest } = this.#data
    this.#data = rest
  }

  /** Forgets everything, and the key: at logout. */
  flush(): void {
    this.#data = {}
    this.key = undefined
    this.accessed = this.modified = true
  }

  /** Keeps the data under a new key, so that one that was planted before a login is worth nothing after it. */
  cycleKey(): void {
    this.key = undefined
    this.modified = true
  }

  get isEmpty(): boolean {
    return Object.keys(this.#data).length === 0
  }

  toJSON(): SessionData {
    return this.#data
  }
}

/** Sessions in the memory of this process: for tests and single processes. Holds `limit` of them, the oldest go first. */
export function memorySessions(limit = 10_000): SessionStore {
  const sessions = new Map<string, { text: string; until: number }>()
  return {
    load: (key) => {
      const found = sessions.get(key)
      return Promise.resolve(found && found.until > Date.now() ? (JSON.parse(found.text) as SessionData) : undefined)
    },
    save: (key, data, maxAge) => {
      sessions.delete(key)
      if (sessions.size >= limit) sessions.delete(sessions.keys().next().value as string)
      sessions.set(key, { text: JSON.stringify(data), until: Date.now() + maxAge * 1000 })
      return Promise.resolve()
    },
    delete: (key) => Promise.resolve(void sessions.delete(key)),
  }
}
