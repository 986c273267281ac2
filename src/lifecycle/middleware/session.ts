import { randomBytes } from 'node:crypto'
import type { App } from '../app.ts'
import type { Maybe } from '../maybe.ts'
import type { GetResponse, Hooks } from '../middleware.ts'
import type { HttpRequest } from '../request.ts'
import type { HttpResponse } from '../response.ts'
import { Session, type SessionData } from '../session.ts'
import { Signer } from '../signing.ts'

/**
 * `request.session`: kept in a signed cookie, or in `settings.session.store` with a signed key in the cookie. A cookie that was
 * tampered with is no session. Saved when it was changed, but not with a response of status 500 or more.
 */
export class SessionMiddleware implements Hooks {
  readonly #app: App
  readonly #signer: Signer

  constructor(_getResponse: GetResponse, app: App) {
    this.#app = app
    this.#signer = new Signer(app.settings, 'session')
  }

  processRequest(request: HttpRequest): Maybe<undefined> {
    const { cookieName, maxAge, store } = this.#app.settings.session
    const cookie = request.cookies[cookieName]
    const text = cookie === undefined ? undefined : this.#signer.unsign(cookie, maxAge)
    if (text === undefined) request.extras.session = new Session()
    else if (store === undefined) request.extras.session = new Session(parsed(text))
    else
      return store.load(text).then((data) => {
        request.extras.session = data === undefined ? new Session() : new Session(data, text)
        return undefined
      })
    return undefined
  }

  processResponse(request: HttpRequest, response: HttpResponse): Maybe<HttpResponse> {
    const { session } = request.extras
    if (session === undefined) return response
    const { cookieName, saveEveryRequest, path, domain } = this.#app.settings.session
    const scope = { path, ...(domain !== undefined && { domain }) }
    if (session.isEmpty && request.cookies[cookieName] !== undefined) {
      response.deleteCookie(cookieName, scope)
      response.headers.append('Vary', 'Cookie')
      return response
    }
    if (session.accessed) response.headers.append('Vary', 'Cookie')
    if (!(session.modified || saveEveryRequest) || session.isEmpty || response.statusCode >= 500) return response
    return this.#save(session, response, scope)
  }

  #save(session: Session, response: HttpResponse, scope: { path: string; domain?: string }): Maybe<HttpResponse> {
    const { cookieName, maxAge, store, secure, sameSite } = this.#app.settings.session
    const send = (text: string): HttpResponse => {
      response.setCookie(cookieName, this.#signer.sign(text), { ...scope, maxAge, httpOnly: true, secure, sameSite })
      return response
    }
    if (store === undefined) return send(Buffer.from(JSON.stringify(session)).toString('base64url'))
    const key = (session.key ??= randomBytes(24).toString('base64url'))
    return store.save(key, session.toJSON(), maxAge).then(() => send(key))
  }
}

function parsed(text: string): SessionData {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as SessionData
  } catch {
    return {}
  }
}
