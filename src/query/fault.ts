import { PhaselineError } from '../model/errors.ts'
import type { ErrorJson } from './wire/json.ts'

/** A request to the API that cannot be answered as asked; the message says what to do instead. */
export class QueryFault extends PhaselineError {
  /** The HTTP status of the answer. */
  readonly status: number

  constructor(status: number, code: string, message: string) {
    super(code, message)
    this.status = status
  }
}

/** What an error looks like to whoever asked: our own in full, all others without their words. */
export function errorJson(error: unknown): { status: number; body: ErrorJson } {
  if (error instanceof QueryFault) return { status: error.status, body: { error: { code: error.code, message: error.message } } }
  // A cursor or a filter that the store refuses is the asker's.
  if (error instanceof PhaselineError) return { status: 400, body: { error: { code: error.code, message: error.message } } }
  return { status: 500, body: { error: { code: 'internal', message: 'The collector failed to answer; its terminal says why.' } } }
}
