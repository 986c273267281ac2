import * as lifecycle from '../../src/lifecycle/index.ts'
import type { Exc, ExcType } from './format.d.ts'

/** A plain error of an application. */
class ApplicationError extends Error {
  readonly kit: ExcType

  constructor(message: string | undefined, kit: ExcType = 'error') {
    super(message)
    this.kit = kit
  }
}

/** An operation on a response that is none, or has no body to touch. */
export const badAccess = (): Error => new ApplicationError('', 'bad_access')

type Made = Exclude<
  ExcType,
  | 'error'
  | 'exit'
  | 'no_response'
  | 'not_rendered'
  | 'no_reverse_match'
  | 'improperly_configured'
  | 'import_error'
  | 'internal_error'
  | 'bad_access'
>

const CLASSES: Record<Made, new (message?: string) => Error> = {
  not_found: lifecycle.Http404,
  permission_denied: lifecycle.PermissionDenied,
  bad_request: lifecycle.BadRequest,
  multipart_error: lifecycle.MultiPartParserError,
  suspicious: lifecycle.SuspiciousOperation,
  disallowed_host: lifecycle.DisallowedHost,
  disallowed_redirect: lifecycle.DisallowedRedirect,
  request_too_big: lifecycle.RequestDataTooBig,
  object_missing: lifecycle.ObjectDoesNotExist,
  request_aborted: lifecycle.RequestAborted,
  not_used: lifecycle.MiddlewareNotUsed,
}

/** The exception that a scenario raises. */
export function exception({ type, message }: Exc): Error {
  if (type === 'exit') return new lifecycle.SystemExit()
  return type in CLASSES ? new CLASSES[type as Made](message) : new ApplicationError(message, type)
}

const CODES = new Set<string>([
  ...Object.keys(CLASSES),
  'no_response',
  'not_rendered',
  'no_reverse_match',
  'improperly_configured',
  'import_error',
  'internal_error',
])

/** What the kit calls an exception; anything that is neither ours nor the scenario's is an internal error. */
export function typeOf(error: unknown): ExcType {
  if (error instanceof ApplicationError) return error.kit
  if (error instanceof lifecycle.SystemExit) return 'exit'
  const { code } = error as { code?: string }
  return code !== undefined && CODES.has(code) ? (code as ExcType) : 'internal_error'
}

/** The message that the scenario gave it, or null; in Django's words where the framework's speak of names of its own. */
export function messageOf(error: unknown): string | null {
  if (error instanceof lifecycle.Resolver404) return null
  const { message } = error as Error
  if (!(error instanceof lifecycle.DisallowedHost)) return message || null
  return (
    message.replace(/^Invalid Host header/, 'Invalid HTTP_HOST header').replace('settings.allowedHosts', 'ALLOWED_HOSTS') || null
  )
}
