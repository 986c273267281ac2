/** A request that is answered with a failure: the HTTP status, and in a sentence why. */
export class Refusal extends Error {
  readonly status: number
  /** Seconds until it may be tried again; only for what may. */
  readonly retryAfter: number | undefined

  constructor(status: number, message: string, retryAfter?: number) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}
