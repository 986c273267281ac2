import { ImproperlyConfigured } from '../errors.ts'
import { Messages } from '../messages.ts'
import type { Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import type { HttpResponse } from '../response.ts'

/** `request.messages`: what the next page is to tell the visitor, across redirects. */
export class MessageMiddleware implements Hooks {
  processRequest(request: HttpRequest): undefined {
    const { session } = request.extras
    if (session === undefined) throw new ImproperlyConfigured('MessageMiddleware needs SessionMiddleware before it')
    request.extras.messages = new Messages(session)
    return undefined
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    request.extras.messages?.store()
    return response
  }
}
