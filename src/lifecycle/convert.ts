import type { App } from './app.ts'
import { errorPage } from './pages.ts'
import { SuspiciousOperation, statusOf, SystemExit } from './errors.ts'
import { attempt, type Maybe } from './maybe.ts'
import { logResponse } from './log.ts'
import type { GetResponse } from './middleware.ts'
import { answering } from './judge.ts'
import { errorHandlerLabels } from './labels.ts'
import { observe } from './phases.ts'
import type { HttpRequest } from './request.ts'
import type { HttpResponse } from './response.ts'
import { reasonOf } from './reason.ts'
import { gotRequestException } from './signals.ts'
import { TemplateResponse } from './template.ts'
import type { ErrorStatus } from './urls/conf.ts'

/**
 * Wraps a layer so that the next one outside can rely on getting a response: an exception that leaves the layer becomes one
 * here, at once. Only `SystemExit` passes, and what is raised while the error response is made: the next layer converts that.
 */
export function convert(name: string, layer: GetResponse, app: App): GetResponse {
  const around = app.settings.convertException
  return (request) =>
    attempt(
      () => layer(request),
      (error) => {
        if (error instanceof SystemExit) throw error
        const make = (): Promise<HttpResponse> => responseFor(error, request, app)
        return around === undefined ? make() : around(error, request, name, make)
      },
    )
}

async function responseFor(error: unknown, request: HttpRequest, app: App): Promise<HttpResponse> {
  const status = statusOf(error)
  const response = status === 500 ? await serverError(error, request, app) : await clientError(error, status, request, app)
  if (status !== 404) log(response, error, status, request)
  return response instanceof TemplateResponse && !response.isRendered ? response.render() : response
}

/** The handler for the code; if it fails itself, the one for 500. */
async function clientError(error: unknown, status: ErrorStatus, request: HttpRequest, app: App): Promise<HttpResponse> {
  try {
    return await callHandler(status, error, request, app)
  } catch (failure) {
    if (failure instanceof SystemExit) throw failure
    return serverError(failure, request, app)
  }
}

async function serverError(error: unknown, request: HttpRequest, app: App): Promise<HttpResponse> {
  request.error = error
  await gotRequestException.send(app, { request, error })
  if (app.settings.propagateExceptions) throw error
  return callHandler(500, error, request, app)
}

/** The configuration in force has the handlers; without one there is the built-in page. */
function callHandler(status: ErrorStatus, error: unknown, request: HttpRequest, app: App): Maybe<HttpResponse> {
  // Debug pages stand in for the handlers of 404 and 500 that an application has for its users, as in Django.
  const own =
    app.settings.debug && status !== 403 && status !== 400 ? undefined : app.confOf(request.choiceInForce).handlers[status]
  const page = app.settings.errorPage ?? errorPage
  const call = (): Maybe<HttpResponse> =>
    own === undefined ? page(request, status, error) : status === 500 ? own(request) : own(request, error)
  return request.watching ? observe(errorHandlerLabels(`handler${status}`), call, answering, request) : call()
}

function log(response: HttpResponse, error: unknown, status: ErrorStatus, request: HttpRequest): void {
  const security = error instanceof SuspiciousOperation
  const message = status === 500 ? reasonOf(response) : error instanceof Error ? error.message || error.name : String(error)
  logResponse(response, message, { request, error, security, giver: `The handler for ${status}` })
}
