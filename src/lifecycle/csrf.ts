import { randomBytes } from 'node:crypto'
import type { HttpRequest } from './request.ts'
import { same } from './signing.ts'

/** The secret of one visitor, and whether his browser has to be told. */
export interface CsrfSecret {
  readonly secret: Buffer
  fresh: boolean
}

const LENGTH = 24

export function newSecret(): CsrfSecret {
  return { secret: randomBytes(LENGTH), fresh: true }
}

/** The secret of a cookie; nothing for what cannot be one. */
export function secretFrom(cookie: string | undefined): CsrfSecret | undefined {
  const secret = Buffer.from(cookie ?? '', 'base64url')
  return secret.length === LENGTH ? { secret, fresh: false } : undefined
}

/** A token for a form: the secret under a new mask each time, so that compressing pages gives nothing away (BREACH). */
export function csrfToken(request: HttpRequest): string {
  request.extras.csrf ??= newSecret()
  request.extras.csrfUsed = true
  const mask = randomBytes(LENGTH)
  return Buffer.concat([mask, xor(mask, request.extras.csrf.secret)]).toString('base64url')
}

/** Whether a token was made of the secret. */
export function fits(token: string, { secret }: CsrfSecret): boolean {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 2 * LENGTH) return false
  return same(xor(bytes.subarray(0, LENGTH), bytes.subarray(LENGTH)).toString('hex'), secret.toString('hex'))
}

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)))
