import type { Session } from './session.ts'

/** As in Django; a page may style them. */
export type MessageLevel = 'debug' | 'info' | 'success' | 'warning' | 'error'

/** Something to be told to the visitor once. */
export interface Message {
  readonly level: MessageLevel
  readonly text: string
}

const KEY = '_messages'

/** What the visitor is to be told, on `request.messages`: kept in the session until it has been shown (iterated over). */
export class Messages implements Iterable<Message> {
  readonly #session: Session
  readonly #waiting: Message[]
  #changed = false

  constructor(session: Session) {
    this.#session = session
    this.#waiting = (session.has(KEY) ? session.get(KEY) : []) as Message[]
  }

  add(level: MessageLevel, text: string): void {
    this.#waiting.push({ level, text })
    this.#changed = true
  }

  info(text: string): void {
    this.add('info', text)
  }

  success(text: string): void {
    this.add('success', text)
  }

  warning(text: string): void {
    this.add('warning', text)
  }

  error(text: string): void {
    this.add('error', text)
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Shows them: each is given once. */
  *[Symbol.iterator](): IterableIterator<Message> {
    if (this.#waiting.length > 0) this.#changed = true
    yield* this.#waiting.splice(0)
  }

  /** Keeps what was not shown for the next request. */
  store(): void {
    if (!this.#changed) return
    if (this.#waiting.length > 0) this.#session.set(KEY, this.#waiting)
    else this.#session.delete(KEY)
  }
}
