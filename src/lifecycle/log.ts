import type { HttpRequest } from './request.ts'
import { asResponse, type HttpResponse } from './response.ts'

/** A record of the log: one for each response with status 400 or more. */
export interface LogRecord {
  /** `security` for `SuspiciousOperation` and its kinds. */
  readonly logger: 'request' | 'security'
  readonly level: 'error' | 'warning' | 'info'
  readonly message: string
  readonly status: number
  readonly request: HttpRequest
  /** What was raised, if that was it. */
  readonly error?: unknown
}

/** Takes a record for each error response: `settings.log`. */
export type Log = (record: LogRecord) => void

/** By default errors go to the standard error output, with their stack; warnings do where debug is on. */
export function consoleLog(debug: boolean): Log {
  return ({ level, message, error }) => {
    if (level === 'error') console.error(message, ...(error === undefined ? [] : [error]))
    else if (debug) console.warn(message)
  }
}

const levelOf = (status: number): LogRecord['level'] => (status >= 500 ? 'error' : status >= 400 ? 'warning' : 'info')

interface About {
  readonly request: HttpRequest
  readonly error?: unknown
  readonly security?: boolean
  readonly giver?: string
}

/** Logs a response, unless somebody has. Throws `NotAResponse` for what is none. */
export function logResponse(
  value: HttpResponse,
  message: string,
  { request, error, security = false, giver = 'The chain' }: About,
): void {
  const response = asResponse(value, giver)
  if (response.logged) return
  response.logged = true
  const { statusCode: status } = response
  const level = security ? 'error' : levelOf(status)
  const line = `${message}: ${request.method} ${request.path}`
  // A log that fails is no reason to fail a request.
  try {
    request.app.settings.log({ logger: security ? 'security' : 'request', level, message: line, status, request, error })
  } catch (failure) {
    console.error('The log of the settings failed:', failure)
  }
}
