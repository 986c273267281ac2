import type { Maybe } from './maybe.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'

/**
 * A view: takes the request, the named values of the path and its settings, then the unnamed ones; gives a response.
 * Synchronous or not. `path('books/<int:id>/', (request, { id }) => …)`
 */
// eslint-disable-next-line typescript/no-explicit-any -- the named values are what the route's converters make of the path
export interface View<K = any> {
  (request: HttpRequest, kwargs: K, ...args: unknown[]): Maybe<HttpResponse>
  readonly name: string
  /** False: no redirect to this view's path for a path without its last slash. */
  appendSlash?: boolean
  /** True: not in the transaction of `atomicRequests`. */
  nonAtomic?: boolean
  /** False: writing requests need no CSRF token here. */
  csrfProtect?: boolean
}

/** Answers in place of a built-in page. The one for 500 gets no error. */
export type ErrorHandler = (request: HttpRequest, error?: unknown) => Maybe<HttpResponse>
