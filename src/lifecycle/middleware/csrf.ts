import type { App } from '../app.ts'
import { fits, newSecret, secretFrom } from '../csrf.ts'
import { PermissionDenied } from '../errors.ts'
import { allowsHost } from '../host.ts'
import type { Maybe } from '../maybe.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import type { HttpResponse } from '../response.ts'
import type { View } from '../view.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const FIELD = 'csrfmiddlewaretoken'

/**
 * Writing requests have to come from our own pages: they bring the token of the visitor's cookie, in the form field
 * `csrfmiddlewaretoken` (`{{ csrf_input }}` in templates) or the header `X-CSRFToken`, and an `Origin` or, by TLS, a `Referer`
 * that is ours. Else 403. A view with `csrfProtect = false` is left alone.
 */
export class CsrfViewMiddleware implements Hooks {
  readonly #app: App

  constructor(_getResponse: GetResponse, app: App) {
    this.#app = app
  }

  processRequest(request: HttpRequest): undefined {
    request.extras.csrf = secretFrom(request.cookies[this.#app.settings.csrf.cookieName])
    return undefined
  }

  processView(request: HttpRequest, view: View): Maybe<undefined> {
    if (SAFE.has(request.method) || view.csrfProtect === false) return undefined
    this.#checkOrigin(request)
    const header = request.header('x-csrftoken')
    if (header !== undefined) return this.#check(request, header)
    return request.form().then((form) => this.#check(request, form.get(FIELD)))
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    const { csrf, csrfUsed } = request.extras
    if (csrfUsed === true) response.headers.append('Vary', 'Cookie')
    if (csrf?.fresh !== true) return response
    const { cookieName, maxAge, secure, sameSite } = this.#app.settings.csrf
    response.setCookie(cookieName, csrf.secret.toString('base64url'), { maxAge, secure, sameSite })
    csrf.fresh = false
    return response
  }

  #checkOrigin(request: HttpRequest): void {
    const origin = request.header('origin')
    const from = origin ?? (request.secure ? request.header('referer') : undefined)
    if (from === undefined && !request.secure) return
    if (from === undefined) throw denied('the request has no Referer')
    const ours = `${request.scheme}://${request.host()}`
    const url = URL.canParse(from) ? new URL(from) : undefined
    const trusted = this.#app.settings.csrf.trustedOrigins
    if (url?.origin === new URL(ours).origin || (url !== undefined && trusted.some((one) => matches(one, url)))) return
    throw denied(`${origin === undefined ? 'Referer' : 'Origin'} ${JSON.stringify(from)} is not trusted`)
  }

  #check(request: HttpRequest, token: unknown): undefined {
    const { csrf } = request.extras
    if (csrf === undefined) throw denied('there is no CSRF cookie')
    if (typeof token !== 'string') throw denied('there is no CSRF token')
    if (!fits(token, csrf)) throw denied('the CSRF token is wrong')
    return undefined
  }
}

const denied = (reason: string): PermissionDenied => new PermissionDenied(`CSRF check failed: ${reason}`)

/** `https://example.org`, or with a star for all below: `https://*.example.org`. */
function matches(pattern: string, url: URL): boolean {
  const [, scheme, host = ''] = /^([a-z]+):\/\/(.*)$/.exec(pattern) ?? []
  if (`${scheme}:` !== url.protocol) return false
  return host.startsWith('*.') ? allowsHost([host.slice(1)], url.host) : host === url.host
}

/** A new secret at login, so that one that was planted before is worth nothing. */
export function rotateCsrf(request: HttpRequest): void {
  request.extras.csrf = newSecret()
}
