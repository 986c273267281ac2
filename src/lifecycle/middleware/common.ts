import type { App } from '../app.ts'
import { PermissionDenied } from '../errors.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import { asResponse, HttpResponseRedirect, type HttpResponse } from '../response.ts'
import { escapeLeadingSlashes } from '../urls/encode.ts'

/** Forbidden user agents, the host check, redirects to `www.` and to the path with its slash, `Content-Length`. */
export class CommonMiddleware implements Hooks {
  readonly #app: App

  constructor(_getResponse: GetResponse, app: App) {
    this.#app = app
  }

  processRequest(request: HttpRequest): HttpResponse | undefined {
    const { disallowedUserAgents, prependWww } = this.#app.settings
    const agent = request.header('user-agent')
    if (agent !== undefined && disallowedUserAgents.some((forbidden) => agent.search(forbidden) >= 0))
      throw new PermissionDenied('Forbidden user agent')
    const host = request.host()
    if (!prependWww || host.startsWith('www.')) return undefined
    const path = this.#needsSlash(request) ? withSlash(request) : request.fullPath()
    return new HttpResponseRedirect(`${request.scheme}://www.${host}${path}`, { permanent: true })
  }

  processResponse(request: HttpRequest, given: HttpResponse): HttpResponse {
    let response = asResponse(given, 'The layer inside CommonMiddleware')
    if (response.statusCode === 404 && this.#needsSlash(request))
      response = new HttpResponseRedirect(withSlash(request), { permanent: true })
    if (!response.streaming && !response.headers.has('content-length'))
      response.headers.set('Content-Length', Buffer.byteLength(response.content))
    return response
  }

  /** Whether nothing is at this path, and something, that did not opt out, is at the one with a slash. */
  #needsSlash({ pathInfo, urlconf }: HttpRequest): boolean {
    if (!this.#app.settings.appendSlash || pathInfo.endsWith('/')) return false
    const conf = this.#app.confOf(urlconf)
    if (conf.find(pathInfo) !== undefined) return false
    const match = conf.find(`${pathInfo}/`)
    return match !== undefined && match.view.appendSlash !== false
  }
}

const withSlash = (request: HttpRequest): string => escapeLeadingSlashes(request.fullPath(true))
