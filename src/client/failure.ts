import { errorType } from '../model/errors.ts'

/** What the platform, axios and got call the error of a request that was given up. */
const GIVEN_UP = new Set(['AbortError', 'CanceledError', 'CancelError'])

/** Whether somebody gave up on purpose: an AbortSignal without a reason of its own, or with one that is no error. */
export function isAbort(error: unknown): boolean {
  return !(error instanceof Error) || (GIVEN_UP.has(error.name) && !isTimeout(error))
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
