import { createHmac, timingSafeEqual } from 'node:crypto'
import type { CompleteSettings } from './complete-settings.ts'
import { ImproperlyConfigured } from './errors.ts'

const MISSING = 'settings.secretKey is needed for sessions, CSRF tokens and messages: a random text of at least 32 characters'

/** Signs texts with the first secret key and accepts all of them, so that a key can be replaced without logging everybody out. */
export class Signer {
  readonly #keys: readonly string[]
  readonly #purpose: string

  /** @param purpose a signature for one purpose is none for another. Throws `ImproperlyConfigured` without a secret key. */
  constructor({ secretKey }: CompleteSettings, purpose: string) {
    this.#keys = typeof secretKey === 'string' ? [secretKey] : secretKey
    this.#purpose = purpose
    if (this.#keys.length === 0) throw new ImproperlyConfigured(MISSING)
  }

  /** The text with when it was signed, in whole seconds, and the signature. */
  sign(text: string, now: number = Date.now()): string {
    const dated = `${text}.${Math.floor(now / 1000).toString(36)}`
    return `${dated}.${this.#signature(dated, this.#keys[0] as string)}`
  }

  /** @returns the text, or undefined if the signature is not ours or older than `maxAge` seconds */
  unsign(signed: string, maxAge: number, now: number = Date.now()): string | undefined {
    const [, text, date, signature] = /^(.*)\.([0-9a-z]+)\.([\w-]+)$/s.exec(signed) ?? []
    if (text === undefined || date === undefined || signature === undefined) return undefined
    const dated = `${text}.${date}`
    if (!this.#keys.some((key) => same(this.#signature(dated, key), signature))) return undefined
    return now / 1000 - Number.parseInt(date, 36) > maxAge ? undefined : text
  }

  #signature(text: string, key: string): string {
    const derived = createHmac('sha256', key).update(`phaseline.${this.#purpose}`).digest()
    return createHmac('sha256', derived).update(text).digest('base64url')
  }
}

/** Compares without telling by its time how much was right. */
export function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
