import {
  AuthenticationMiddleware as Authentication,
  CommonMiddleware,
  CsrfViewMiddleware,
  isAuthenticated,
  MessageMiddleware as Message,
  SecurityMiddleware,
  SessionMiddleware,
  XFrameOptionsMiddleware as XFrameOptions,
  type HttpRequest,
  type HttpResponse,
  type MiddlewareEntry,
  type TemplateResponse,
} from '../../lifecycle/index.ts'

// The stock middlewares, as they are where they have hooks on both ways; where Django's have one only, the shop adds its own.

/** Pages of somebody who is logged in are nobody else's: no cache between may keep them. */
class AuthenticationMiddleware extends Authentication {
  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    const { user } = request.extras
    if (user !== undefined && isAuthenticated(user)) response.headers.set('Cache-Control', 'private')
    return response
  }
}

/** Pages get what they shall tell the visitor without asking for it. */
class MessageMiddleware extends Message {
  processTemplateResponse(request: HttpRequest, response: TemplateResponse): TemplateResponse {
    response.context.messages = [...request.messages]
    return response
  }
}

/** Who wants to show the shop in a frame is remembered, so that views can tell. */
class XFrameOptionsMiddleware extends XFrameOptions {
  processRequest(request: HttpRequest): undefined {
    request.state.framed = request.header('sec-fetch-dest') === 'iframe'
    return undefined
  }
}

/** The seven of a new Django project, in its order. */
export const MIDDLEWARE: readonly MiddlewareEntry[] = [
  SecurityMiddleware,
  SessionMiddleware,
  CommonMiddleware,
  CsrfViewMiddleware,
  AuthenticationMiddleware,
  MessageMiddleware,
  XFrameOptionsMiddleware,
]
