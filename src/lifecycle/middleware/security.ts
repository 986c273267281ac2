import type { App } from '../app.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import { HttpResponseRedirect, type HttpResponse } from '../response.ts'

/** Redirects to TLS where it is asked for; says with headers what browsers may do: HSTS, types, referrer, openers. */
export class SecurityMiddleware implements Hooks {
  readonly #app: App

  constructor(_getResponse: GetResponse, app: App) {
    this.#app = app
  }

  processRequest(request: HttpRequest): HttpResponse | undefined {
    const { sslRedirect, sslHost, redirectExempt } = this.#app.settings.security
    if (!sslRedirect || request.secure || redirectExempt.some((path) => request.path.slice(1).search(path) >= 0)) return undefined
    return new HttpResponseRedirect(`https://${sslHost ?? request.host()}${request.fullPath()}`, { permanent: true })
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    const { hstsSeconds, hstsIncludeSubdomains, hstsPreload, ...rest } = this.#app.settings.security
    const say = (name: string, value: string | false): void => {
      if (value !== false && !response.headers.has(name)) response.headers.set(name, value)
    }
    if (hstsSeconds > 0 && request.secure)
      say(
        'Strict-Transport-Security',
        `max-age=${hstsSeconds}${hstsIncludeSubdomains ? '; includeSubDomains' : ''}${hstsPreload ? '; preload' : ''}`,
      )
    say('X-Content-Type-Options', rest.contentTypeNosniff && 'nosniff')
    say('Referrer-Policy', rest.referrerPolicy)
    say('Cross-Origin-Opener-Policy', rest.crossOriginOpenerPolicy)
    return response
  }
}
