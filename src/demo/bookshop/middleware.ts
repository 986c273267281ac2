import { timingSafeEqual } from 'node:crypto'
import {
  CommonMiddleware as Common,
  PermissionDenied,
  type HttpRequest,
  type HttpResponse,
  type Hooks,
  type MiddlewareEntry,
  type TemplateResponse,
} from '../../lifecycle/index.ts'
import type { Sessions } from './sessions.ts'

/** The bookshop's own seven, named and ordered like Django's default stack, each with something to do on both ways. */
export function middleware(sessions: Sessions): readonly MiddlewareEntry[] {
  return [
    SecurityMiddleware,
    new SessionMiddleware(sessions),
    CommonMiddleware,
    CsrfViewMiddleware,
    AuthenticationMiddleware,
    MessageMiddleware,
    XFrameOptionsMiddleware,
  ]
}

class SecurityMiddleware implements Hooks {
  processRequest(request: HttpRequest): void {
    request.state.secure = request.secure
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    if (request.state.secure === true) response.headers.set('Strict-Transport-Security', 'max-age=60')
    response.headers.set('X-Content-Type-Options', 'nosniff')
    response.headers.set('Referrer-Policy', 'same-origin')
    return response
  }
}

/** Keeps what visitors do from one request to the next. */
class SessionMiddleware implements Hooks {
  readonly #sessions: Sessions
  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  async processRequest(request: HttpRequest): Promise<void> {
    request.state.session = await this.#sessions.load(request.cookies.sessionid)
  }

  async processResponse(request: HttpRequest, response: HttpResponse): Promise<HttpResponse> {
    const id = await this.#sessions.save(request.state.session as Record<string, unknown>)
    response.setCookie('sessionid', id, { httpOnly: true, sameSite: 'lax', maxAge: 86_400 })
    return response
  }
}

class CommonMiddleware extends Common {}

/** A token in a cookie that a form has to repeat. */
class CsrfViewMiddleware implements Hooks {
  processRequest(request: HttpRequest): void {
    request.state.csrf = request.cookies.csrftoken ?? crypto.randomUUID()
  }

  async processView(request: HttpRequest): Promise<void> {
    if (request.method === 'GET' || request.method === 'HEAD') return
    const said = (await request.form()).get('csrfmiddlewaretoken')
    if (typeof said !== 'string' || !same(said, String(request.state.csrf)))
      throw new PermissionDenied('The CSRF token is missing or wrong')
  }

  processTemplateResponse(request: HttpRequest, response: TemplateResponse): TemplateResponse {
    response.context.csrf_token = request.state.csrf
    return response
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    response.setCookie('csrftoken', String(request.state.csrf), { sameSite: 'lax' })
    return response
  }
}

function same(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

class AuthenticationMiddleware implements Hooks {
  processRequest(request: HttpRequest): void {
    const session = request.state.session as { user?: unknown }
    request.state.user = session.user ?? 'guest'
  }

  processResponse(_request: HttpRequest, response: HttpResponse): HttpResponse {
    response.headers.set('Vary', 'Cookie')
    return response
  }
}

/** What a page tells once: kept in the session until a page shows it. */
class MessageMiddleware implements Hooks {
  processRequest(request: HttpRequest): void {
    const session = request.state.session as { messages?: string[] }
    request.state.messages = session.messages?.splice(0) ?? []
  }

  processTemplateResponse(request: HttpRequest, response: TemplateResponse): TemplateResponse {
    response.context.messages = (request.state.messages as string[]).splice(0)
    return response
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    const session = request.state.session as { messages?: string[] }
    session.messages = request.state.messages as string[]
    return response
  }
}

class XFrameOptionsMiddleware implements Hooks {
  processRequest(request: HttpRequest): void {
    request.state.frames = 'DENY'
  }

  processResponse(request: HttpRequest, response: HttpResponse): HttpResponse {
    if (!response.headers.has('x-frame-options')) response.headers.set('X-Frame-Options', String(request.state.frames))
    return response
  }
}
