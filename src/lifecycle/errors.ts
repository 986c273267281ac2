import { PhaselineError } from '../model/errors.ts'

/**
 * What views, middlewares and the framework raise. The layer around which one leaves turns it into a response:
 * `Http404` 404, `PermissionDenied` 403, `BadRequest`, `MultiPartParserError` and `SuspiciousOperation` with its kinds 400,
 * everything else 500, except `SystemExit`, which nothing in the framework catches.
 */
type Options = ErrorOptions | undefined

/** There is nothing here: 404. */
export class Http404 extends PhaselineError {
  constructor(message = '', options?: Options, code = 'not_found') {
    super(code, message, options)
  }
}

/** No pattern matches the path: 404. `tried` lists the patterns, each with the includes above it; made only when asked for. */
export class Resolver404 extends Http404 {
  readonly path: string
  readonly #tried: () => string[][]

  constructor(path: string, tried: () => string[][]) {
    super(`No pattern matches ${JSON.stringify(path)}`)
    this.path = path
    this.#tried = tried
  }

  get tried(): string[][] {
    return this.#tried()
  }
}

/** The client may not do this: 403. */
export class PermissionDenied extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('permission_denied', message, options)
  }
}

/** The request makes no sense: 400. */
export class BadRequest extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('bad_request', message, options)
  }
}

/** The body is no form as its content type says: 400. */
export class MultiPartParserError extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('multipart_error', message, options)
  }
}

/** The request looks like an attack: 400, and a record in the security log. */
export class SuspiciousOperation extends PhaselineError {
  constructor(message = '', options?: Options, code = 'suspicious') {
    super(code, message, options)
  }
}

/** The `Host` header names a host that is not ours, or no host at all. */
export class DisallowedHost extends SuspiciousOperation {
  constructor(message = '', options?: Options) {
    super(message, options, 'disallowed_host')
  }
}

/** A redirect to a scheme other than http, https, ftp. */
export class DisallowedRedirect extends SuspiciousOperation {
  constructor(message = '', options?: Options) {
    super(message, options, 'disallowed_redirect')
  }
}

/** The body is larger than `dataUploadMaxMemorySize` bytes. */
export class RequestDataTooBig extends SuspiciousOperation {
  constructor(message = '', options?: Options) {
    super(message, options, 'request_too_big')
  }
}

/** A form has more than `dataUploadMaxNumberFields` fields. */
export class TooManyFieldsSent extends SuspiciousOperation {
  constructor(message = '', options?: Options) {
    super(message, options, 'too_many_fields')
  }
}

/** A model has no such object. Not a 404 by itself: see `getObjectOr404`. */
export class ObjectDoesNotExist extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('object_missing', message, options)
  }
}

/** More than one object where one was asked for. */
export class MultipleObjectsReturned extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('multiple_objects', message, options)
  }
}

/** The client went away while its body was being read. */
export class RequestAborted extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('request_aborted', message, options)
  }
}

/** Raised by a middleware while it is built: leave me out. */
export class MiddlewareNotUsed extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('not_used', message, options)
  }
}

/** A setting, a middleware or a URL configuration cannot work; raised at start wherever possible. */
export class ImproperlyConfigured extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('improperly_configured', message, options)
  }
}

/** The URL configuration that a request chose is not one of `settings.urlconfs`. */
export class UnknownUrlConf extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('import_error', message, options)
  }
}

/** No pattern has this name and takes these arguments. */
export class NoReverseMatch extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('no_reverse_match', message, options)
  }
}

/** The body of a template response was asked for before it was rendered. */
export class ContentNotRendered extends PhaselineError {
  constructor(message = 'The response is not rendered yet: call render() first', options?: Options) {
    super('not_rendered', message, options)
  }
}

/** A view, or a `processTemplateResponse`, gave nothing back. */
export class NoResponse extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('no_response', message, options)
  }
}

/** Something that is not a response stands where the framework needs one. */
export class NotAResponse extends PhaselineError {
  constructor(message = '', options?: Options) {
    super('internal_error', message, options)
  }
}

/**
 * Stop the process: passes all layers, hooks and handlers untouched and reaches the server, which stops accepting, lets the
 * requests in flight finish and sets the exit code.
 */
export class SystemExit extends Error {
  readonly exitCode: number

  constructor(exitCode = 0, message = `The application asks to stop with exit code ${exitCode}`) {
    super(message)
    this.name = 'SystemExit'
    this.exitCode = exitCode
  }
}

/** The status that an exception becomes. */
export function statusOf(error: unknown): 400 | 403 | 404 | 500 {
  if (error instanceof Http404) return 404
  if (error instanceof PermissionDenied) return 403
  if (error instanceof BadRequest || error instanceof MultiPartParserError || error instanceof SuspiciousOperation) return 400
  return 500
}
