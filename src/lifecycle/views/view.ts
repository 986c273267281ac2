import { logResponse } from '../log.ts'
import type { Maybe } from '../maybe.ts'
import type { HttpRequest } from '../request.ts'
import { HttpResponse, HttpResponseNotAllowed } from '../response.ts'
import type { Kwargs } from '../urls/pattern.ts'
import type { View as ViewFunction } from '../view.ts'

type Handler = (request: HttpRequest, kwargs: Kwargs, ...args: readonly unknown[]) => Maybe<HttpResponse>

/**
 * A view as a class: the method named like the request's is called, `HEAD` uses `get`, `OPTIONS` says what is there, anything
 * else gets 405. `class BookView extends View { get(request, { id }) { … } }`, `path('books/<int:id>/', BookView.asView())`.
 * A new one is made for each request.
 */
export class View {
  /** The methods that may be called, in lower case, in the order of `Allow`. */
  httpMethodNames: readonly string[] = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace']

  /** The function for `path()`. */
  static asView(this: new () => View): ViewFunction {
    const Class = this
    const view: ViewFunction = (request, kwargs: Kwargs, ...args) => new Class().dispatch(request, kwargs, ...args)
    return Object.defineProperty(view, 'name', { value: Class.name })
  }

  /** Calls the method for this request. */
  dispatch(request: HttpRequest, kwargs: Kwargs, ...args: unknown[]): Maybe<HttpResponse> {
    const method = request.method.toLowerCase()
    const handler = this.httpMethodNames.includes(method) ? this.#handler(method) : undefined
    return handler === undefined ? this.httpMethodNotAllowed(request) : handler.call(this, request, kwargs, ...args)
  }

  /** 405, logged when it is made. */
  httpMethodNotAllowed(request: HttpRequest): Maybe<HttpResponse> {
    return notAllowed(request, this.allowedMethods)
  }

  options(_request: HttpRequest, _kwargs: Kwargs): Maybe<HttpResponse> {
    return new HttpResponse('', { headers: { Allow: this.allowedMethods.join(', '), 'Content-Length': '0' } })
  }

  /** In upper case. */
  get allowedMethods(): string[] {
    return this.httpMethodNames.filter((name) => this.#handler(name) !== undefined).map((name) => name.toUpperCase())
  }

  #handler(method: string): Handler | undefined {
    const own = (this as Record<string, unknown>)[method] ?? (method === 'head' ? (this as { get?: unknown }).get : undefined)
    return typeof own === 'function' ? (own as Handler) : undefined
  }
}

function notAllowed(request: HttpRequest, allowed: readonly string[]): HttpResponse {
  const response = new HttpResponseNotAllowed(allowed)
  logResponse(response, `Method Not Allowed (${request.method})`, { request })
  return response
}

/** Limits a function view to these methods, in upper case; others get 405. */
export function requireHttpMethods(methods: readonly string[], view: ViewFunction): ViewFunction {
  const limited: ViewFunction = (request, kwargs, ...args) =>
    methods.includes(request.method) ? view(request, kwargs, ...args) : notAllowed(request, methods)
  return Object.assign(Object.defineProperty(limited, 'name', { value: view.name }), view)
}
