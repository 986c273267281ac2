/**
 * The base of every error we raise on purpose. `code` is stable and may be matched; `message` says what is wrong and what to do.
 */
export class PhaselineError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** What `error.type` says of anything that was thrown: the error's `code` (Node's own), else its class, else what it was. */
export function errorType(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (!(thrown instanceof Error)) return typeof thrown
  const { code } = thrown as { code?: unknown }
  if (typeof code === 'string') return code
  return thrown.constructor.name || thrown.name || 'Error'
}
