import { errorType } from '../model/errors.ts'

/** Whether somebody gave up on purpose: an AbortSignal without a reason of its own, or with one that is no error. */
export function isAbort(error: unknown): boolean {
  return !(error instanceof Error) || (error.name === 'AbortError' && !isTimeout(error))
}

/** AbortSignal.timeout: undici passes its error on, node:http wraps it. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || isTimeout(error.cause))
}

/** What `error.type` should say: DOMExceptions have numbers for codes and one class for all. */
export function failureOf(error: unknown): string {
  if (isTimeout(error)) return 'TimeoutError'
  if (error instanceof Error && error.constructor.name === 'DOMException') return error.name
  return errorType(error)
}
