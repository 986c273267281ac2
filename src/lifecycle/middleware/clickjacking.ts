import type { App } from '../app.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import type { HttpResponse } from '../response.ts'

/** Keeps other sites from showing ours in a frame: `X-Frame-Options`, unless the response says something else itself. */
export class XFrameOptionsMiddleware implements Hooks {
  readonly #value: string

  constructor(_getResponse: GetResponse, app: App) {
    this.#value = app.settings.xFrameOptions
  }

  processResponse(_request: HttpRequest, response: HttpResponse): HttpResponse {
    if (!response.headers.has('x-frame-options')) response.headers.set('X-Frame-Options', this.#value)
    return response
  }
}
