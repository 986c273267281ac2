import { ImproperlyConfigured } from './errors.ts'

/** The headers of a response: by name in any letter case, sent in the order and the case they were set. */
export class ResponseHeaders {
  readonly #fields = new Map<string, [name: string, value: string]>()

  /** Replaces one of the same name. Throws for a line feed in it: that would be a second header. */
  set(name: string, value: string | number): this {
    const text = String(value)
    if (/[\r\n]/.test(text) || /[\r\n:\s]/.test(name))
      throw new ImproperlyConfigured(`Header ${JSON.stringify(name)}: no line feeds in headers`)
    // RFC 2047, as Django does: Node sends latin1 only.
    const sendable = /^[\t\x20-\xff]*$/.test(text) ? text : `=?utf-8?b?${Buffer.from(text).toString('base64')}?=`
    this.#fields.set(name.toLowerCase(), [name, sendable])
    return this
  }

  get(name: string): string | undefined {
    return this.#fields.get(name.toLowerCase())?.[1]
  }

  has(name: string): boolean {
    return this.#fields.has(name.toLowerCase())
  }

  delete(name: string): boolean {
    return this.#fields.delete(name.toLowerCase())
  }

  /** Adds to a list header (`Vary`) what is not in it yet. */
  append(name: string, value: string): this {
    const list = this.get(name)?.split(/\s*,\s*/) ?? []
    if (!list.some((one) => one.toLowerCase() === value.toLowerCase())) this.set(name, [...list, value].join(', '))
    return this
  }

  /** Names as they were set, and values. */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.#fields.values()
  }
}
